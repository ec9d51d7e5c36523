#include "config/values.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "config/bytes.hpp"
#include "config/scalars.hpp"
#include "handlers/admit.hpp"
#include "handlers/nearest.hpp"

namespace reeve::config {

namespace {

// The plain or quoted text of a node, or an error that says what was wanted instead.
const std::string* scalar(Reading& reading, const Node& node, std::string_view wanted) {
  if (node.type == Node::Type::scalar) return &node.text;
  reading.error(node.place, described(node) + " was found, but " + std::string{wanted} + " is needed");
  return nullptr;
}

// Like scalar(), for values that are not text: quotes make a text of everything.
const std::string* plain(Reading& reading, const Node& node, std::string_view wanted) {
  const std::string* text = scalar(reading, node, wanted);
  if (!text || !node.quoted) return text;
  reading.error(node.place, described(node) + " is quoted and so a text; write " + std::string{wanted} + " without quotes");
  return nullptr;
}

template <class Value>
std::optional<Value> in_range(Reading& reading, const Node& node, Value value, Range<Value> range, const std::string& low, const std::string& high) {
  if (range.low <= value && value <= range.high) return value;
  reading.error(node.place, described(node) + " is out of range; write " + low + " to " + high);
  return std::nullopt;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string{word};
  return out;
}

std::string real_text(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::optional<std::string> read_text(Reading& reading, const Node& node) {
  if (node.type == Node::Type::nothing) {
    reading.error(node.place, "the value is missing; write a text (\"\" for an empty one) or remove the key");
    return std::nullopt;
  }
  const std::string* text = scalar(reading, node, "a text");
  if (!text) return std::nullopt;
  return *text;
}

std::optional<std::string> read_filled_text(Reading& reading, const Node& node) {
  auto text = read_text(reading, node);
  if (!text || !text->empty()) return text;
  reading.error(node.place, "the text is empty; write one or remove the key");
  return std::nullopt;
}

std::optional<std::string> read_name(Reading& reading, const Node& node) {
  auto text = read_filled_text(reading, node);
  if (!text || handlers::is_name(*text)) return text;
  reading.error(node.place, described(node) + " is not a name; write 1 to 128 of the characters A-Z a-z 0-9 _ . : -");
  return std::nullopt;
}

std::optional<std::string> read_path(Reading& reading, const Node& node) {
  const auto text = read_filled_text(reading, node);
  if (!text) return std::nullopt;
  return reading.resolved(*text);
}

std::optional<std::vector<std::string>> read_texts(Reading& reading, const Node& node) {
  if (node.type != Node::Type::list) {
    reading.error(node.place, described(node) + " was found, but a list is needed; write [one, two]");
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const Reading::Step step{reading, "[" + std::to_string(i) + "]"};
    if (auto text = read_text(reading, node.items[i])) texts.push_back(std::move(*text));
  }
  if (texts.size() != node.items.size()) return std::nullopt;
  return texts;
}

std::optional<store::Millis> read_duration(Reading& reading, const Node& node, Range<store::Millis> range) {
  const std::string* text = scalar(reading, node, "a duration like 30s, 5m or 2h");
  if (!text) return std::nullopt;
  const auto value = store::parse_duration(*text);
  if (value) return in_range(reading, node, *value, range, store::to_text(range.low), store::to_text(range.high));
  const bool unitless = parse_integer(*text).has_value();
  reading.error(node.place, described(node) + (unitless ? " has no unit; write " + *text + "s or " + *text + "ms" : " is not a duration; write 30s, 5m or 2h"));
  return std::nullopt;
}

std::optional<std::int64_t> read_size(Reading& reading, const Node& node, Range<std::int64_t> range) {
  const std::string* text = scalar(reading, node, "a size like 64KiB, 1MiB or 2GiB");
  if (!text) return std::nullopt;
  const auto value = parse_size(*text);
  if (value) return in_range(reading, node, *value, range, size_text(range.low), size_text(range.high));
  reading.error(node.place, described(node) + " is not a size; write 64KiB, 1MiB, 2GiB or a number of bytes");
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(Reading& reading, const Node& node, Range<std::int64_t> range) {
  const std::string* text = plain(reading, node, "a whole number");
  if (!text) return std::nullopt;
  const auto value = parse_integer(*text);
  if (value) return in_range(reading, node, *value, range, std::to_string(range.low), std::to_string(range.high));
  reading.error(node.place, described(node) + " is not a whole number; write one from " + std::to_string(range.low) + " to " + std::to_string(range.high));
  return std::nullopt;
}

std::optional<std::int64_t> read_limit(Reading& reading, const Node& node) {
  if (node.type == Node::Type::scalar && !node.quoted && node.text == "0") {
    reading.error(node.place, "0 would never run anything; to stop work pause the queue (reeve pause QUEUE), for no limit remove the key");
    return std::nullopt;
  }
  return read_integer(reading, node, {1, 100'000});
}

std::optional<double> read_number(Reading& reading, const Node& node, Range<double> range) {
  const std::string* text = plain(reading, node, "a number");
  if (!text) return std::nullopt;
  const auto value = parse_number(*text);
  if (value) return in_range(reading, node, *value, range, real_text(range.low), real_text(range.high));
  reading.error(node.place, described(node) + " is not a number; write one from " + real_text(range.low) + " to " + real_text(range.high));
  return std::nullopt;
}

std::optional<bool> read_flag(Reading& reading, const Node& node) {
  const std::string* text = plain(reading, node, "true or false");
  if (!text) return std::nullopt;
  const auto value = parse_flag(*text);
  if (!value) reading.error(node.place, described(node) + " is neither true nor false; write one of these");
  return value;
}

std::optional<unsigned> read_mode(Reading& reading, const Node& node) {
  const std::string* text = scalar(reading, node, "an octal mode like 0022");
  if (!text) return std::nullopt;
  const auto value = parse_mode(*text);
  if (!value) reading.error(node.place, described(node) + " is not an octal mode; write it with a leading zero, like 0022 or 0660");
  return value;
}

std::optional<int> read_signal(Reading& reading, const Node& node) {
  const std::string* text = scalar(reading, node, "a signal like TERM");
  if (!text) return std::nullopt;
  const auto value = parse_signal(*text);
  if (!value) reading.error(node.place, described(node) + " is not a signal that asks a program to end; write TERM, INT, HUP, QUIT, KILL, USR1, USR2 or a number");
  return value;
}

std::optional<std::size_t> read_word(Reading& reading, const Node& node, const Words& words) {
  const std::string* text = scalar(reading, node, "one of " + joined(words.known));
  if (!text) return std::nullopt;
  for (std::size_t i = 0; i < words.known.size(); ++i)
    if (words.known[i] == *text) return i;
  for (const std::string_view later : words.later) {
    if (later != *text) continue;
    reading.error(node.place, described(node) + " is not available in this version; write one of " + joined(words.known));
    return std::nullopt;
  }
  reading.error(node.place, described(node) + " is not known here; write one of " + joined(words.known) + handlers::did_you_mean(*text, words.known));
  return std::nullopt;
}

namespace {

std::string json_string(const std::string& text) { return boost::json::serialize(boost::json::string{text}); }

std::string scalar_to_json(const Node& node) {
  const bool literal = !node.quoted && (parse_number(node.text) || parse_flag(node.text) || node.text == "null");
  return literal ? node.text : json_string(node.text);
}

}  // namespace

std::string to_json(const Node& node) {
  std::string out;
  switch (node.type) {
    case Node::Type::nothing: return "null";
    case Node::Type::scalar: return scalar_to_json(node);
    case Node::Type::list:
      for (const Node& item : node.items) out += (out.empty() ? "" : ",") + to_json(item);
      return "[" + out + "]";
    case Node::Type::mapping:
      for (const Entry& entry : node.entries) out += (out.empty() ? "" : ",") + json_string(entry.key) + ":" + to_json(entry.value);
      return "{" + out + "}";
  }
  return out;
}

bool is_mapping(Reading& reading, const Node& node, std::string_view of_what) {
  if (node.type == Node::Type::mapping) return true;
  reading.error(node.place, described(node) + " was found, but a mapping of " + std::string{of_what} + " is needed");
  return false;
}

}  // namespace reeve::config
