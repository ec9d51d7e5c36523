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
  grammar.option("--dedupe-scope", dedupe_scope_, "kind|global", "whom the dedupe key concerns");
  grammar.option("--dedupe-window", dedupe_window_, "open|forever|DURATION", "how long the task stands for its dedupe key");
  grammar.option("--concurrency-key", concurrency_key_, "KEY", "tasks with one key share a limit");
  grammar.option("--concurrency-limit", concurrency_limit_, "N", "so many of them run at once; 1 when left out");
  grammar.option("--concurrency-scope", concurrency_scope_, "global|kind", "whom the concurrency key concerns");
  grammar.option("--on-conflict", on_conflict_, "POLICY", "when others with the key are open: queue, reject, skip, queue_latest, supersede");
  grammar.option("--supersede-key", supersede_key_, "KEY", "open tasks of the kind with this key end for the new one");
  grammar.option("--order-key", order_key_, "KEY", "tasks with one key run one after the other, in the order of their ids");
  grammar.option("--fair-key", fair_key_, "TENANT", "tenants of a queue take turns, however much each has waiting");
  grammar.option("--after", after_, "TASK", "start when this one has succeeded: an id or ext:TEXT; may be given again and again");
  grammar.option("--after-policy", after_policy_, "success|finished", "with --after: whether they must succeed; else it is cancelled");
  grammar.option("--batch", batch_, "N", "counted in this batch, which must be open");
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
  add_keys_to(task);
  add_text(task, "fair_key", fair_key_);
  add_company_to(task);
  add_text(task, "external_id", external_id_);
  if (metadata_) task.add_raw("metadata", *metadata_);
}

void EnqueueOptions::add_keys_to(JsonObject& task) const {
  if ((dedupe_scope_ || dedupe_window_) && !dedupe_key_) throw UsageError("--dedupe-scope and --dedupe-window say more of --dedupe-key; give that too");
  if (dedupe_key_) {
    JsonObject dedupe{};
    dedupe.add("key", *dedupe_key_);
    add_text(dedupe, "scope", dedupe_scope_);
    add_text(dedupe, "window", dedupe_window_);
    task.add_raw("dedupe", dedupe.text());
  }
  if (concurrency_key_ || concurrency_limit_ || concurrency_scope_ || on_conflict_) {
    JsonObject concurrency{};
    add_text(concurrency, "key", concurrency_key_);
    if (concurrency_limit_) concurrency.add("limit", *concurrency_limit_);
    add_text(concurrency, "scope", concurrency_scope_);
    add_text(concurrency, "on_conflict", on_conflict_);
    task.add_raw("concurrency", concurrency.text());
  }
  add_text(task, "supersede_key", supersede_key_);
  add_text(task, "order_key", order_key_);
}

void EnqueueOptions::add_company_to(JsonObject& task) const {
  if (after_policy_ && after_.empty()) throw UsageError("--after-policy says more of --after; give that too");
  if (!after_.empty()) task.add("after", after_);
  add_text(task, "after_policy", after_policy_);
  if (batch_) task.add("batch", batch_number(*batch_));
}

Headers EnqueueOptions::headers() const {
  if (!idempotency_key_) return {};
  return {{"Idempotency-Key", *idempotency_key_}};
}

}  // namespace reeve::cli
