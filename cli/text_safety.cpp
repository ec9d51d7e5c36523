#include "cli/text_safety.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

#include "executors/utf8.hpp"

namespace reeve::cli {
namespace {

// The next code point of `text` and how many bytes it takes; invalid bytes come one at a time.
struct Piece {
  char32_t point = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

Piece next_piece(std::string_view text) {
  const executors::Utf8Character character = executors::utf8_character(text);
  if (character.length == 0) return {static_cast<unsigned char>(text.front()), 1, false};
  return {character.point, character.length, true};
}

bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

// Marks that reorder, hide or join what is around them, and the separators that some terminals take for line feeds.
bool is_deceiving(char32_t point) {
  return (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
         point == 0x061C || point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) || (point >= 0xE0000 && point <= 0xE007F);
}

bool is_wide(char32_t point) {
  return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) || (point >= 0xAC00 && point <= 0xD7A3) ||
         (point >= 0xF900 && point <= 0xFAFF) || (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
         (point >= 0xFFE0 && point <= 0xFFE6) || (point >= 0x1F300 && point <= 0x1F64F) || (point >= 0x1F900 && point <= 0x1F9FF) ||
         (point >= 0x20000 && point <= 0x3FFFD);
}

bool is_combining(char32_t point) {
  return (point >= 0x0300 && point <= 0x036F) || (point >= 0x1AB0 && point <= 0x1AFF) || (point >= 0x20D0 && point <= 0x20FF) ||
         (point >= 0xFE00 && point <= 0xFE0F) || (point >= 0xFE20 && point <= 0xFE2F);
}

std::string stand_in(const Piece& piece) {
  if (piece.valid && piece.point == '\n') return "\\n";
  if (piece.valid && piece.point == '\r') return "\\r";
  if (piece.valid && piece.point == '\t') return "\\t";
  std::array<char, 16> text{};
  const bool byte = !piece.valid || piece.point < 0x80;
  std::snprintf(text.data(), text.size(), byte ? "\\x%02x" : "\\u%04x", static_cast<unsigned>(piece.point));
  return text.data();
}

std::string escaped(std::string_view text, std::string_view kept) {
  std::string safe{};
  safe.reserve(text.size());
  while (!text.empty()) {
    const Piece piece = next_piece(text);
    const bool is_kept = piece.valid && piece.point < 0x80 && kept.find(static_cast<char>(piece.point)) != std::string_view::npos;
    if (!is_kept && (!piece.valid || is_control(piece.point) || is_deceiving(piece.point))) safe += stand_in(piece);
    else safe += text.substr(0, piece.bytes);
    text.remove_prefix(piece.bytes);
  }
  return safe;
}

std::size_t columns_of(const Piece& piece) {
  if (is_combining(piece.point)) return 0;
  return is_wide(piece.point) ? 2 : 1;
}

}  // namespace

std::string one_line(std::string_view text) { return escaped(text, ""); }
std::string safe_line(std::string_view text) { return escaped(text, "\t"); }
std::string safe_text(std::string_view text) { return escaped(text, "\t\n"); }

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Piece piece = next_piece(text);
    columns += columns_of(piece);
    text.remove_prefix(piece.bytes);
  }
  return columns;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  std::string kept{};
  std::size_t used = 1;  // the ellipsis
  while (!text.empty()) {
    const Piece piece = next_piece(text);
    used += columns_of(piece);
    if (used > columns) break;
    kept += text.substr(0, piece.bytes);
    text.remove_prefix(piece.bytes);
  }
  return kept + "…";
}

}  // namespace reeve::cli
