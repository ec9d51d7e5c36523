#include "cli/enqueue_options.hpp"

#include "cli/selector.hpp"
#include "store/time.hpp"

namespace reeve::cli {
namespace {

void check_duration(const char* option, const std::optional<std::string>& word) {
  if (word && !store::parse_duration(*word)) throw UsageError(std::string(option) + ": \"" + *word + "\" is not a duration; write 30s, 5m or 2h");
}

void add_text(JsonObject& task, std::string_view name, const std::optional<std::string>& text) {
  if (text) task.add(name, *text);
}

std::string labels_object(const std::vector<std::string>& words) {
  JsonObject labels{};
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("--label: \"" + word + "\" is not key=value; write for example --label team=billing");
    labels.add(word.substr(0, equals), word.substr(equals + 1));
  }
  return labels.text();
}

}  // namespace

void EnqueueOptions::declare(Grammar& grammar) {
  grammar.option("--queue", queue_, "QUEUE", "in place of the handler's");
  grammar.option("--priority", priority_, "0..9", "9 first");
  grammar.option("--run-at", run_at_, "TIME", "not before: 2026-11-20T08:00:00Z");
  grammar.option("--delay", delay_, "DURATION", "not before: 30s, 5m, 2h from now");
  grammar.option("--expires-in", expires_in_, "DURATION", "cancelled when it has not started by then");
  grammar.option("--timeout", timeout_, "DURATION", "how long one attempt may run");
  grammar.option("--label", labels_, "KEY=VALUE", "may be given again and again");
  grammar.option("--dedupe-key", dedupe_key_, "KEY", "while a task with this key is open, its id is given in place of a new one");
  grammar.option("--fair-key", fair_key_, "TENANT", "tenants of a queue take turns, however much each has waiting");
  grammar.option("--idempotency-key", idempotency_key_, "KEY", "of this request: the same key again gives the first answer");
  grammar.option("--external-id", external_id_, "TEXT", "your own id, unique; ext:TEXT then names the task");
  grammar.option("--metadata", metadata_, "JSON", "kept with the task");
}

void EnqueueOptions::add_to(JsonObject& task) const {
  check_duration("--delay", delay_);
  check_duration("--expires-in", expires_in_);
  check_duration("--timeout", timeout_);
  if (run_at_ && !store::parse_rfc3339(*run_at_))
    throw UsageError("--run-at: \"" + *run_at_ + "\" is no time; write 2026-11-20T08:00:00Z, or --delay 5m");
  if (run_at_ && delay_) throw UsageError("--run-at and --delay exclude each other; leave one of them out");
  if (metadata_)
    if (const std::string fault = fault_in_json(*metadata_); !fault.empty()) throw UsageError("--metadata is not JSON: " + fault);
  add_text(task, "queue", queue_);
  if (priority_) task.add("priority", *priority_);
  add_text(task, "run_at", run_at_);
  add_text(task, "delay", delay_);
  add_text(task, "expires_in", expires_in_);
  add_text(task, "timeout", timeout_);
  if (!labels_.empty()) task.add_raw("labels", labels_object(labels_));
  add_text(task, "dedupe_key", dedupe_key_);
  add_text(task, "fair_key", fair_key_);
  add_text(task, "external_id", external_id_);
  if (metadata_) task.add_raw("metadata", *metadata_);
}

Headers EnqueueOptions::headers() const {
  if (!idempotency_key_) return {};
  return {{"Idempotency-Key", *idempotency_key_}};
}

}  // namespace reeve::cli
