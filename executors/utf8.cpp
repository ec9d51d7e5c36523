#include "executors/utf8.hpp"

namespace reeve::executors {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

bool in(char byte, unsigned low, unsigned high) {
  const auto value = static_cast<unsigned char>(byte);
  return low <= value && value <= high;
}

struct Lead {
  std::size_t length;
  unsigned low, high;  // of the second byte
};

Lead lead_of(char byte) {
  if (in(byte, 0x00, 0x7F)) return {1, 0, 0};
  if (in(byte, 0xC2, 0xDF)) return {2, 0x80, 0xBF};
  if (in(byte, 0xE0, 0xE0)) return {3, 0xA0, 0xBF};
  if (in(byte, 0xED, 0xED)) return {3, 0x80, 0x9F};
  if (in(byte, 0xE1, 0xEF)) return {3, 0x80, 0xBF};
  if (in(byte, 0xF0, 0xF0)) return {4, 0x90, 0xBF};
  if (in(byte, 0xF1, 0xF3)) return {4, 0x80, 0xBF};
  if (in(byte, 0xF4, 0xF4)) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Character utf8_character(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  const Lead lead = lead_of(bytes[0]);
  if (lead.length <= 1) return {lead.length, first};
  if (bytes.size() < lead.length || !in(bytes[1], lead.low, lead.high)) return {};
  char32_t point = first & (0x7FU >> lead.length);
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (!in(bytes[i], 0x80, 0xBF)) return {};
    point = point << 6 | (static_cast<unsigned char>(bytes[i]) & 0x3FU);
  }
  return {lead.length, point};
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_character(bytes).length;
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = utf8_character(bytes).length;
    text.append(length == 0 ? replacement : bytes.substr(0, length));
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string utf8_tail(std::string_view bytes, std::size_t limit) {
  if (bytes.size() > limit) bytes.remove_prefix(bytes.size() - limit);
  std::string text = to_utf8(bytes);
  if (text.size() <= limit) return text;
  std::size_t from = text.size() - limit;
  while (from < text.size() && in(text[from], 0x80, 0xBF)) ++from;
  return text.substr(from);
}

std::string_view whole_characters(std::string_view bytes) {
  for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
    const auto tail = bytes.substr(bytes.size() - back);
    const auto first = static_cast<unsigned char>(tail.front());
    const std::size_t wanted = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (wanted > back) return bytes.substr(0, bytes.size() - back);
    if (first < 0x80 || first >= 0xC0) break;
  }
  return bytes;
}

}  // namespace reeve::executors
