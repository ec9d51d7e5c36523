#include "api/json/writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "executors/utf8.hpp"

namespace reeve::api {

namespace {

bool needs_escape(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

void append_escaped(std::string& out, std::uint32_t code) {
  switch (code) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[code >> shift & 0xF];
}

// Bytes that are copied without a look: printable ASCII but quote and backslash.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t i = 0x20; i < 0x7F; ++i) plain[i] = true;
  plain['"'] = plain['\\'] = false;
  return plain;
}
constexpr auto plain = make_plain();

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && plain[static_cast<unsigned char>(text[end])]) ++end;
    out.append(text, at, end - at);
    if ((at = end) == text.size()) break;
    const executors::Utf8Character character = executors::utf8_character(text.substr(at));
    if (character.length == 0) out += "\xEF\xBF\xBD";
    else if (character.point == '"' || character.point == '\\') (out += '\\') += text[at];
    else if (needs_escape(character.point)) append_escaped(out, character.point);
    else out.append(text, at, character.length);
    at += character.length == 0 ? 1 : character.length;
  }
  out += '"';
}

}  // namespace

void JsonWriter::comma() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

JsonWriter& JsonWriter::punctuate(char open) {
  comma();
  text_ += open;
  return *this;
}

JsonWriter& JsonWriter::words(std::string_view name, const std::vector<std::string>& all) {
  if (all.empty()) return *this;
  key(name).open_array();
  for (const std::string& one : all) value(one);
  return close_array();
}

JsonWriter& JsonWriter::key(std::string_view name) {
  comma();
  append_string(text_, name);
  text_ += ':';
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  comma();
  append_string(text_, text);
  return *this;
}

JsonWriter& JsonWriter::value(bool flag) { return raw(flag ? "true" : "false"); }

JsonWriter& JsonWriter::value(std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  return raw(std::string_view(digits.data(), end.ptr));
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return raw("null");
  std::array<char, 64> digits{};
  // Beyond this range a plain decimal would be a long row of zeros.
  const double size = std::abs(number);
  const bool plain_decimal = size == 0 || (size >= 1e-6 && size < 1e17);
  const auto format = plain_decimal ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, format);
  return raw(std::string_view(digits.data(), end.ptr));
}

JsonWriter& JsonWriter::value(store::Timestamp at) { return value(store::to_rfc3339(at)); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  comma();
  text_ += json;
  return *this;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += at + i <= bytes.size() ? alphabet[group >> (18 - 6 * i) & 0x3F] : '=';
  }
  return out;
}

}  // namespace reeve::api
