#include "supervisor/log_format.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "executors/utf8.hpp"

namespace reeve::supervisor {

namespace {

constexpr std::string_view mask = "***";
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// ------------------------------------------------------------------------------------------------------------------ characters

unsigned code_point(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(sequence[i])); };
  switch (sequence.size()) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    case 3: return (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    default: return (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
  }
}

struct Span {
  unsigned low, high;
};

// Controls (C0, DEL, C1), zero-width and direction marks, line separators, byte order mark, deprecated format and tag characters.
constexpr std::array hidden{Span{0x00, 0x1F},     Span{0x7F, 0x9F},     Span{0xAD, 0xAD},     Span{0x61C, 0x61C},   Span{0x180E, 0x180E},  Span{0x200B, 0x200F},
                            Span{0x2028, 0x202E}, Span{0x2060, 0x206F}, Span{0xFEFF, 0xFEFF}, Span{0xFFF9, 0xFFFB}, Span{0xE0000, 0xE007F}};

bool is_hidden(unsigned point) {
  return std::any_of(hidden.begin(), hidden.end(), [=](Span span) { return span.low <= point && point <= span.high; });
}

// "\n" or "\u202e"; two escapes for what needs a surrogate pair.
std::string escape_of(unsigned point) {
  if (point == '\n') return "\\n";
  if (point == '\r') return "\\r";
  if (point == '\t') return "\\t";
  char buffer[16];
  if (point < 0x10000) std::snprintf(buffer, sizeof buffer, "\\u%04x", point);
  else std::snprintf(buffer, sizeof buffer, "\\u%04x\\u%04x", 0xD800 + ((point - 0x10000) >> 10), 0xDC00 + ((point - 0x10000) & 0x3FF));
  return buffer;
}

void append_sequence(std::string& out, std::string_view sequence) {
  const unsigned point = code_point(sequence);
  if (point == '"') out += "\\\"";
  else if (point == '\\') out += "\\\\";
  else if (is_hidden(point)) out += escape_of(point);
  else out += sequence;
}

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = executors::utf8_character(text).length;
    if (length == 0) out += replacement;
    else append_sequence(out, text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

// The beginning of a text that is too long, never ending inside a character.
std::string_view beginning(std::string_view text) {
  std::size_t end = value_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  if (text.size() <= value_bytes_max) append_escaped(out, text);
  else {
    append_escaped(out, beginning(text));
    out += "... (" + std::to_string(text.size()) + " bytes)";
  }
  return out + "\"";
}

// --------------------------------------------------------------------------------------------------------------------- values

// JSON has no infinity and no not-a-number.
std::string real(double number) {
  if (!std::isfinite(number)) return "null";
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  return error == std::errc{} ? std::string(buffer, end) : "null";
}

struct JsonValue {
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(double number) const { return real(number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(std::string_view text) const { return quoted(text); }
};

// A text of one word needs no quotes.
struct TextValue : JsonValue {
  using JsonValue::operator();
  std::string operator()(std::string_view text) const {
    const auto bare = [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '='; };
    const bool word = !text.empty() && text.size() <= value_bytes_max && std::all_of(text.begin(), text.end(), bare);
    return word ? std::string{text} : quoted(text);
  }
};

bool says_nothing(const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  return text && text->empty();
}

// The names of the record itself are not free.
std::string json_name(std::string_view name) {
  const bool taken = name == "ts" || name == "level" || name == "event";
  return quoted(taken ? "field_" + std::string{name} : std::string{name});
}

std::string text_name(std::string_view name) {
  std::string out;
  append_escaped(out, name);
  return out;
}

constexpr std::array level_names{std::string_view{"debug"}, std::string_view{"info"}, std::string_view{"warn"}, std::string_view{"error"}};
constexpr std::array level_colours{std::string_view{"\x1b[2m"}, std::string_view{"\x1b[32m"}, std::string_view{"\x1b[33m"}, std::string_view{"\x1b[31m"}};

}  // namespace

Redaction::Redaction(std::vector<std::string> words) : words_(std::move(words)) {
  for (std::string& word : words_) word = lower(word);
  std::erase(words_, std::string{});  // would cover every field
}

bool Redaction::covers(std::string_view name) const {
  if (words_.empty()) return false;
  const std::string lowered = lower(name);
  return std::any_of(words_.begin(), words_.end(), [&](const std::string& word) { return lowered.find(word) != std::string::npos; });
}

std::string json_fragment(std::string_view event, LogFields fields, const Redaction& redaction) {
  std::string out = "\"event\":" + quoted(event);
  for (const LogField& field : fields) {
    if (says_nothing(field)) continue;
    out += "," + json_name(field.name) + ":";
    out += redaction.covers(field.name) ? quoted(mask) : std::visit(JsonValue{}, field.value);
  }
  return out;
}

std::string text_fragment(std::string_view event, LogFields fields, const Redaction& redaction) {
  std::string out = text_name(event);
  for (const LogField& field : fields) {
    if (says_nothing(field)) continue;
    out += " " + text_name(field.name) + "=";
    out += redaction.covers(field.name) ? std::string{mask} : std::visit(TextValue{}, field.value);
  }
  return out;
}

std::string json_line(store::Timestamp at, LogLevel level, std::string_view fragment) {
  std::string line = "{\"ts\":\"" + store::to_rfc3339(at) + "\",\"level\":\"";
  line += level_names[static_cast<std::size_t>(level)];
  line += "\",";
  line += fragment;
  return line + "}\n";
}

std::string text_line(store::Timestamp at, LogLevel level, std::string_view fragment, bool colour) {
  const auto index = static_cast<std::size_t>(level);
  std::string word{level_names[index]};
  word.resize(5, ' ');
  if (colour) word = std::string{level_colours[index]} + word + "\x1b[0m";
  return store::to_rfc3339(at) + " " + word + " " + std::string{fragment} + "\n";
}

}  // namespace reeve::supervisor
