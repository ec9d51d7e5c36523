#include "executors/process/utf8.hpp"

namespace reeve::executors::process {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool continues(std::string_view bytes, std::size_t at) {
  return at < bytes.size() && (static_cast<unsigned char>(bytes[at]) & 0xC0) == 0x80;
}

// How long the character at `at` is; 0 when there is none.
std::size_t character(std::string_view bytes, std::size_t at) {
  const auto first = static_cast<unsigned char>(bytes[at]);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(bytes, at + i)) return 0;
  }
  const auto second = static_cast<unsigned char>(bytes[at + 1]);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
  if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return 0;
  return length;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = character(bytes, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = character(bytes, at);
    text.append(length == 0 ? replacement : bytes.substr(at, length));
    at += length == 0 ? 1 : length;
  }
  return text;
}

std::string utf8_tail(std::string_view bytes, std::size_t limit) {
  if (bytes.size() > limit) bytes.remove_prefix(bytes.size() - limit);
  std::string text = to_utf8(bytes);
  if (text.size() <= limit) return text;
  std::size_t from = text.size() - limit;
  while (continues(text, from)) ++from;
  return text.substr(from);
}

}  // namespace reeve::executors::process
