#include "store/sqlite/row_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

namespace reeve::store::sqlite {
namespace {

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Bytes of the UTF-8 sequence that begins here; 0 when none does.
std::size_t sequence(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : first >= 0xF0 && first < 0xF5 ? 4 : 0;
  if (length == 0 || length > bytes.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
  if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
  return length;
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = sequence(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += i + k > bytes.size() ? '=' : base64_digits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::uint32_t group = 0;
    std::size_t pads = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const std::size_t digit = base64_digits.find(text[i + k]);
      if (digit == std::string_view::npos || pads > 0) {
        if (text[i + k] != '=' || i + 4 != text.size() || k < 2) return std::nullopt;
        ++pads;
      }
      group = group << 6 | static_cast<std::uint32_t>(digit == std::string_view::npos ? 0 : digit);
    }
    for (std::size_t k = 0; k + pads < 3; ++k) bytes += static_cast<char>(group >> (16 - 8 * k) & 255);
  }
  return bytes;
}

// Reads one flat object from the front to the back.
class RowParser {
 public:
  explicit RowParser(std::string_view text) : rest_(text) {}

  std::vector<RowField> object() {
    std::vector<RowField> fields;
    expect('{', "a line is a JSON object");
    if (take('}')) return end(std::move(fields));
    do {
      RowField field;
      field.key = string();
      expect(':', "after the name \"" + field.key + "\" comes a colon");
      const bool repeated = std::any_of(fields.begin(), fields.end(), [&](const RowField& known) { return known.key == field.key; });
      if (repeated) throw BadLine("\"" + field.key + "\" is there twice");
      if (value(field)) fields.push_back(std::move(field));
    } while (take(','));
    expect('}', "the object does not end");
    return end(std::move(fields));
  }

 private:
  std::vector<RowField> end(std::vector<RowField> fields) {
    skip_space();
    if (!rest_.empty()) throw BadLine("something follows the object");
    return fields;
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size())); }
  bool take(char wanted) {
    skip_space();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted, const std::string& otherwise) {
    if (!take(wanted)) throw BadLine(otherwise);
  }

  // False: null.
  bool value(RowField& field) {
    skip_space();
    if (rest_.starts_with("null")) return rest_.remove_prefix(4), false;
    if (rest_.starts_with('"')) return field.value = string(), true;
    if (take('{')) return field.value = bytes(field.key), true;
    return number(field), true;
  }

  std::string bytes(const std::string& key) {
    if (string() != "base64") throw BadLine("\"" + key + "\" is an object; only {\"base64\":\"...\"} is known");
    expect(':', "after \"base64\" comes a colon");
    auto decoded = from_base64(string());
    if (!decoded) throw BadLine("\"" + key + "\" is no base64");
    expect('}', "the base64 of \"" + key + "\" does not end");
    return std::move(*decoded);
  }

  void number(RowField& field) {
    const std::size_t length = std::min(rest_.find_first_not_of("+-.0123456789eE"), rest_.size());
    const std::string_view digits = rest_.substr(0, length);
    const char* const last = digits.data() + digits.size();
    std::int64_t whole = 0;
    double real = 0;
    if (const auto read = std::from_chars(digits.data(), last, whole); read.ec == std::errc{} && read.ptr == last) field.value = whole;
    else if (const auto again = std::from_chars(digits.data(), last, real); again.ec == std::errc{} && again.ptr == last) field.value = real;
    else throw BadLine("\"" + field.key + "\" is neither a text nor a number");
    rest_.remove_prefix(length);
  }

  std::string string() {
    expect('"', "here a text in quotes is expected");
    std::string text;
    for (;;) {
      const std::size_t plain = std::min(rest_.find_first_of("\"\\"), rest_.size());
      text.append(rest_.substr(0, plain));
      rest_.remove_prefix(plain);
      if (rest_.empty()) throw BadLine("a text does not end");
      if (rest_.front() == '"') break;
      escape(text);
    }
    rest_.remove_prefix(1);
    if (!is_utf8(text)) throw BadLine("a text is not UTF-8");
    return text;
  }

  void escape(std::string& text) {
    if (rest_.size() < 2) throw BadLine("a text does not end");
    const char sort = rest_[1];
    rest_.remove_prefix(2);
    constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t known = letters.find(sort); known != std::string_view::npos) {
      text += meanings[known];
      return;
    }
    if (sort != 'u') throw BadLine("a text has an unknown escape");
    std::uint32_t point = hex();
    if (point >= 0xD800 && point < 0xDC00 && rest_.starts_with("\\u")) {
      rest_.remove_prefix(2);
      point = 0x10000 + ((point - 0xD800) << 10) + (hex() - 0xDC00);
    }
    if (point < 0x80) text += static_cast<char>(point);
    else if (point < 0x800) add(text, {0xC0 | point >> 6, 0x80 | (point & 63)});
    else if (point < 0x10000) add(text, {0xE0 | point >> 12, 0x80 | (point >> 6 & 63), 0x80 | (point & 63)});
    else add(text, {0xF0 | point >> 18, 0x80 | (point >> 12 & 63), 0x80 | (point >> 6 & 63), 0x80 | (point & 63)});
  }
  static void add(std::string& text, std::initializer_list<std::uint32_t> bytes) {
    for (const std::uint32_t byte : bytes) text += static_cast<char>(byte);
  }
  std::uint32_t hex() {
    std::uint32_t point = 0;
    const auto read = std::from_chars(rest_.data(), rest_.data() + std::min<std::size_t>(4, rest_.size()), point, 16);
    if (read.ec != std::errc{} || read.ptr != rest_.data() + 4) throw BadLine("a text has a \\u without four hexadecimal digits");
    rest_.remove_prefix(4);
    return point;
  }

  std::string_view rest_;
};

}  // namespace

void add_key(std::string& line, std::string_view key) {
  if (line.back() != '{') line += ',';
  ((line += '"') += key) += "\":";
}

void add_text(std::string& line, std::string_view bytes) {
  if (!is_utf8(bytes)) {
    ((line += R"({"base64":")") += to_base64(bytes)) += "\"}";
    return;
  }
  line += '"';
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') (line += '\\') += c;
    else if (c == '\n') line += "\\n";
    else if (c == '\t') line += "\\t";
    else if (byte < 0x20 || byte == 0x7F) ((line += "\\u00") += "0123456789abcdef"[byte >> 4]) += "0123456789abcdef"[byte & 15];
    else line += c;
  }
  line += '"';
}

void add_integer(std::string& line, std::int64_t number) { line += std::to_string(number); }

void add_real(std::string& line, double number) {
  char digits[64];
  const auto written = std::to_chars(digits, digits + sizeof digits, number);
  line.append(digits, written.ptr);
}

std::vector<RowField> parse_row(std::string_view line) { return RowParser(line).object(); }

}  // namespace reeve::store::sqlite
