#include "handlers/utf8.hpp"

namespace reeve::handlers {

namespace {

bool in(char byte, unsigned low, unsigned high) {
  const auto value = static_cast<unsigned char>(byte);
  return low <= value && value <= high;
}

struct Lead {
  std::size_t length;
  unsigned low, high;  // of the second byte
};

// The table of well-formed sequences in the Unicode standard, chapter 3.
Lead lead_of(char byte) {
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

std::size_t utf8_length(std::string_view text) {
  if (in(text[0], 0x00, 0x7F)) return 1;
  const Lead lead = lead_of(text[0]);
  if (lead.length == 0 || text.size() < lead.length || !in(text[1], lead.low, lead.high)) return 0;
  for (std::size_t i = 2; i < lead.length; ++i)
    if (!in(text[i], 0x80, 0xBF)) return 0;
  return lead.length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace reeve::handlers
