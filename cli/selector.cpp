#include "cli/selector.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "handlers/nearest.hpp"
#include "store/time.hpp"

namespace reeve::cli {
namespace {

constexpr std::size_t ids_in_one_query = 200;

const std::vector<std::string>& states() {
  static const std::vector<std::string> words{"scheduled", "queued",  "blocked",   "retrying", "claimed", "running",
                                              "stale",     "waiting", "cancelling", "succeeded", "failed", "cancelled"};
  return words;
}

std::optional<std::int64_t> id_in(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

std::optional<IdRange> range_in(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = id_in(text.substr(0, dash));
  const auto last = id_in(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  if (*first > *last) throw UsageError("\"" + std::string(text) + "\" counts backwards; write " + std::to_string(*last) + "-" + std::to_string(*first));
  return IdRange{*first, *last};
}

bool is_external(std::string_view word) { return word.starts_with("ext:") && word.size() > 4; }

[[noreturn]] void refuse_task(std::string_view word) {
  throw UsageError("\"" + std::string(word) + "\" names no task; write an id (17), a range (40-52) or an external id (ext:order-7)");
}

// An empty word mostly is a variable that was not set. Taking it for "no filter" would make `delete --state "$STATE"` mean every state.
void refuse_empty(const std::string& name, const std::string& word) {
  if (word.find_first_not_of(',') == std::string::npos) throw UsageError(name + " is empty; give it a value or leave it out");
}

std::vector<std::string> split(const std::string& name, const std::vector<std::string>& words) {
  std::vector<std::string> parts{};
  for (const std::string& word : words) {
    refuse_empty(name, word);
    std::string_view rest = word;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (comma != 0) parts.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return parts;
}

void understand_task(std::string_view word, Selection& selection) {
  if (is_external(word)) selection.external_ids.emplace_back(word);
  else if (const auto id = id_in(word)) selection.ids.push_back(*id);
  else if (const auto range = range_in(word)) selection.ranges.push_back(*range);
  else refuse_task(word);
}

void check_states(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (std::find(states().begin(), states().end(), word) != states().end()) continue;
    const std::string meant = handlers::nearest(word, {states().begin(), states().end()});
    std::string all{};
    for (const std::string& state : states()) all += " " + state;
    throw UsageError("--state: \"" + word + "\" is no state;" + (meant.empty() ? "" : " did you mean " + meant + "?") + " There are:" + all);
  }
}

void check_labels(const std::vector<std::string>& words) {
  for (const std::string& word : words)
    if (word.find('=') == std::string::npos || word.front() == '=')
      throw UsageError("--label: \"" + word + "\" is not key=value; write for example --label team=billing");
}

// A key may hold commas, so it is never split.
std::vector<std::string> whole(const std::string& name, const std::vector<std::string>& words) {
  for (const std::string& word : words) refuse_empty(name, word);
  return words;
}

void check_moment(const char* option, const std::optional<std::string>& word) {
  if (!word) return;
  refuse_empty(option, *word);
  if (store::parse_duration(*word) || store::parse_rfc3339(*word)) return;
  throw UsageError(std::string(option) + ": \"" + *word + "\" is no moment; write a duration ago (30m, 2h) or 2026-11-20T08:00:00Z");
}

std::string filters_of(const Selection& selection) {
  std::string query{};
  const auto add = [&query](const char* name, const std::string& value) {
    query += (query.empty() ? "" : "&") + std::string(name) + "=" + percent_encoded(value);
  };
  for (const std::string& kind : selection.kinds) add("kind", kind);
  for (const std::string& queue : selection.queues) add("queue", queue);
  for (const std::string& state : selection.states) add("state", state);
  for (const std::string& label : selection.labels) add("label", label);
  for (const std::string& fingerprint : selection.fingerprints) add("fingerprint", fingerprint);
  for (const std::string& key : selection.concurrency_keys) add("concurrency_key", key);
  for (const std::string& key : selection.dedupe_keys) add("dedupe_key", key);
  for (const std::string& key : selection.supersede_keys) add("supersede_key", key);
  for (const std::string& key : selection.order_keys) add("order_key", key);
  if (!selection.since.empty()) add("since", selection.since);
  if (!selection.until.empty()) add("until", selection.until);
  if (selection.batch) add("batch", std::to_string(*selection.batch));
  return query;
}

std::string with(const std::string& filters, const std::string& ids) { return "id=" + ids + (filters.empty() ? "" : "&" + filters); }

}  // namespace

Selection understand(const SelectorWords& words) {
  Selection selection{};
  for (const std::string& word : words.tasks)
    // A comma may be part of an external id, so those are never split.
    if (is_external(word)) selection.external_ids.push_back(word);
    else for (const std::string& part : split("a TASK", {word})) understand_task(part, selection);
  selection.kinds = split("--kind", words.kinds);
  selection.queues = split("--queue", words.queues);
  selection.states = split("--state", words.states);
  selection.labels = words.labels;
  selection.fingerprints = split("--fingerprint", words.fingerprints);
  selection.concurrency_keys = whole("--concurrency-key", words.concurrency_keys);
  selection.dedupe_keys = whole("--dedupe-key", words.dedupe_keys);
  selection.supersede_keys = whole("--supersede-key", words.supersede_keys);
  selection.order_keys = whole("--order-key", words.order_keys);
  selection.since = words.since.value_or("");
  selection.until = words.until.value_or("");
  if (words.batch) selection.batch = batch_number(*words.batch);
  selection.all = words.all;
  check_states(selection.states);
  check_labels(selection.labels);
  check_moment("--since", words.since);
  check_moment("--until", words.until);
  if (selection.all && selection.names_tasks()) throw UsageError("--all and single tasks exclude each other; leave one of them out");
  return selection;
}

std::int64_t batch_number(std::string_view word) {
  if (const auto number = id_in(word)) return *number;
  throw UsageError("\"" + std::string(word) + "\" is not the number of a batch; reeve batch list shows them");
}

std::string path_of_task(std::string_view word) {
  if (is_external(word)) return percent_encoded(word);
  if (const auto id = id_in(word)) return std::to_string(*id);
  if (range_in(word)) throw UsageError("\"" + std::string(word) + "\" names several tasks; name one here");
  refuse_task(word);
}

std::vector<std::string> list_queries(const Selection& selection) {
  const std::string filters = filters_of(selection);
  if (!selection.names_tasks()) return {filters};
  std::vector<std::string> queries{};
  for (std::size_t at = 0; at < selection.ids.size(); at += ids_in_one_query) {
    std::string ids{};
    for (std::size_t i = at; i < std::min(at + ids_in_one_query, selection.ids.size()); ++i)
      ids += (ids.empty() ? "" : ",") + std::to_string(selection.ids[i]);
    queries.push_back(with(filters, ids));
  }
  for (const auto& [first, last] : selection.ranges) queries.push_back(with(filters, std::to_string(first) + "-" + std::to_string(last)));
  return queries;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded{};
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool unreserved = (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') || (code >= '0' && code <= '9') || byte == '-' ||
                            byte == '.' || byte == '_' || byte == '~';
    if (unreserved) encoded += byte;
    else encoded.append({'%', digits[code >> 4], digits[code & 15]});
  }
  return encoded;
}

}  // namespace reeve::cli
