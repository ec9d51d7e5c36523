#include "api/query.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "api/problem.hpp"
#include "handlers/nearest.hpp"
#include "handlers/admit.hpp"
#include "store/fingerprint.hpp"

namespace reeve::api {

namespace {

constexpr std::int64_t id_max = (std::int64_t{1} << 53) - 1;   // what every JSON reader holds exactly
constexpr std::int64_t selected_ids_max = 10'000;

[[noreturn]] void refuse(std::string_view name, std::string_view found, const std::string& wanted) {
  throw Problem(400, "invalid_parameter", std::string(name) + "=" + std::string(found.substr(0, 60)) + ": write " + wanted, std::string(name));
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::int64_t parse_id(std::string_view text) {
  const auto number = whole_number(text);
  if (!number || *number < 1 || *number > id_max) refuse("id", text, "task ids and ranges such as 17,40-52");
  return *number;
}

// Ids one by one and, when there is exactly one range, that range as such.
void select_ids(store::Selector& selector, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const std::size_t dash = word.find('-');
    const std::int64_t first = parse_id(std::string_view(word).substr(0, dash));
    const std::int64_t last = dash == std::string::npos ? first : parse_id(std::string_view(word).substr(dash + 1));
    if (last < first) refuse("id", word, "a range from the lower to the higher id");
    if (words.size() == 1 && last > first) {
      selector.range = {store::TaskId{first}, store::TaskId{last}};
      return;
    }
    if (last - first >= selected_ids_max - static_cast<std::int64_t>(selector.ids.size()))
      refuse("id", word, "one single range, or at most " + std::to_string(selected_ids_max) + " ids");
    for (std::int64_t id = first; id <= last; ++id) selector.ids.push_back(store::TaskId{id});
  }
}

// Repeated; a key may hold commas, so it is never split.
std::vector<std::string> keys_in(const Query& query, std::string_view name) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : query) {
    if (key != name) continue;
    if (value.empty()) refuse(name, value, "a key, or leave the parameter out");
    keys.push_back(value);
  }
  return keys;
}

void select_labels(store::Selector& selector, const Query& query) {
  for (const auto& [key, value] : query) {
    if (key != "label") continue;
    const std::size_t equals = value.find('=');
    const std::string label = value.substr(0, equals);
    if (equals == std::string::npos || !handlers::is_label_key(label)) refuse("label", value, "label=key=value, the key of [A-Za-z0-9-_./]");
    selector.labels[label] = value.substr(equals + 1);
  }
}

}  // namespace

Parameters::Parameters(const Query& query, std::initializer_list<std::string_view> known) : query_(query) {
  for (const auto& [name, value] : query) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = handlers::nearest(name, {known.begin(), known.end()});
    throw Problem(400, "unknown_parameter",
                  "there is no parameter " + name.substr(0, 60) + " here" + (near.empty() ? "; see docs/api.md" : "; did you mean " + near + "?"),
                  name.substr(0, 60));
  }
}

std::optional<std::string> Parameters::text(std::string_view name) const {
  for (auto one = query_.rbegin(); one != query_.rend(); ++one)
    if (one->first == name) return one->second;
  return std::nullopt;
}

std::vector<std::string> Parameters::words(std::string_view name) const {
  std::vector<std::string> words;
  for (const auto& [key, value] : query_) {
    if (key != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (comma > 0) words.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return words;
}

std::optional<std::int64_t> Parameters::integer(std::string_view name, std::int64_t least, std::int64_t most) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto number = whole_number(*given);
  if (!number || *number < least || *number > most)
    refuse(name, *given, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return number;
}

std::string Parameters::choice(std::string_view name, std::initializer_list<std::string_view> words) const {
  const auto given = text(name);
  if (!given) return std::string(*words.begin());
  std::string wanted;
  for (const std::string_view word : words) {
    if (word == *given) return *given;
    (wanted += wanted.empty() ? "" : " or ") += word;
  }
  refuse(name, *given, wanted);
}

std::optional<bool> Parameters::flag(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  if (*given != "true" && *given != "false") refuse(name, *given, "true or false");
  return *given == "true";
}

std::optional<store::Millis> Parameters::duration(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto duration = store::parse_duration(*given);
  if (!duration) refuse(name, *given, "a duration such as 30s, 5m or 2h");
  return duration;
}

std::optional<store::Timestamp> Parameters::time(std::string_view name, store::Timestamp now) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  if (const auto at = store::parse_rfc3339(*given)) return at;
  const auto ago = store::parse_duration(*given);
  if (!ago) refuse(name, *given, "a time such as 2026-11-20T20:31:00Z, or a duration such as 2h for that long ago");
  return now - std::min(*ago, now.time_since_epoch());
}

std::optional<store::Cursor> Parameters::cursor(std::string_view name) const {
  const auto given = text(name);
  if (!given) return std::nullopt;
  return parse_cursor(name, *given);
}

int Parameters::limit(int otherwise) const { return static_cast<int>(integer("limit", 1, page_max).value_or(otherwise)); }

store::Cursor parse_cursor(std::string_view name, std::string_view text) {
  const auto number = whole_number(text);
  if (!number || *number < 0)
    throw Problem(400, "invalid_cursor", std::string(name) + ": \"" + std::string(text.substr(0, 60)) + "\" is not a cursor; send back a seq or `next` as you got it",
                  std::string(name));
  return store::Cursor{*number};
}

store::Selector parse_selector(const Parameters& parameters, store::Timestamp now) {
  store::Selector selector;
  select_ids(selector, parameters.words("id"));
  selector.kinds = parameters.words("kind");
  selector.queues = parameters.words("queue");
  for (const std::string& word : parameters.words("state")) {
    const auto state = store::parse_state(word);
    if (!state)
      refuse("state", word,
             "one of scheduled, queued, blocked, retrying, claimed, running, stale, cancelling, waiting, succeeded, failed, cancelled");
    selector.states.push_back(*state);
  }
  select_labels(selector, parameters.query());
  for (const std::string& word : parameters.words("fingerprint")) {
    if (!store::is_fingerprint(word)) refuse("fingerprint", word, "16 hexadecimal digits, as `fingerprint` of an error");
    selector.fingerprints.push_back(word);
  }
  selector.concurrency_keys = keys_in(parameters.query(), "concurrency_key");
  selector.dedupe_keys = keys_in(parameters.query(), "dedupe_key");
  selector.supersede_keys = keys_in(parameters.query(), "supersede_key");
  selector.order_keys = keys_in(parameters.query(), "order_key");
  selector.since = parameters.time("since", now);
  selector.until = parameters.time("until", now);
  if (const auto batch = parameters.integer("batch", 1, INT64_MAX)) selector.batch = store::BatchId{*batch};
  return selector;
}

}  // namespace reeve::api
