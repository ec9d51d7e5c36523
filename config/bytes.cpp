#include "config/bytes.hpp"

#include <algorithm>
#include <optional>

#include "config/document.hpp"
#include "executors/utf8.hpp"

namespace reeve::config {

namespace {

constexpr std::string_view bom = "\xEF\xBB\xBF";

Place place_at(std::string_view text, std::size_t offset) {
  Place place;
  for (std::size_t at = 0; at < offset;) {
    if (text[at] == '\n') {
      place = {place.line + 1, 1};
      ++at;
      continue;
    }
    at += std::max<std::size_t>(executors::utf8_character(text.substr(at)).length, 1);
    ++place.column;
  }
  return place;
}

std::optional<std::size_t> first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = executors::utf8_character(text.substr(at)).length;
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

std::optional<std::size_t> first_control(std::string_view text) {
  const auto control = [](char c) { return (c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f; };
  const auto at = std::find_if(text.begin(), text.end(), control);
  if (at == text.end()) return std::nullopt;
  return static_cast<std::size_t>(at - text.begin());
}

// A tab between the beginning of a line and its first other character. A line of nothing but space is no indentation.
std::optional<std::size_t> first_tab_indent(std::string_view text) {
  for (std::size_t line = 0; line < text.size();) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    const std::string_view whole = text.substr(line, end - line);
    const std::size_t first = whole.find_first_not_of(" \t\r");
    const std::size_t tab = whole.substr(0, first).find('\t');
    if (first != std::string_view::npos && tab != std::string_view::npos) return line + tab;
    line = end + 1;
  }
  return std::nullopt;
}

bool is_utf16(std::string_view text) { return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"); }

}  // namespace

std::string_view without_bom(std::string_view bytes) { return bytes.starts_with(bom) ? bytes.substr(bom.size()) : bytes; }

void check_bytes(std::string_view text, const std::string& file, std::vector<Finding>& findings) {
  const auto find = [&](std::size_t offset, std::string message) {
    const Place place = place_at(text, offset);
    findings.push_back({file, place.line, place.column, {}, std::move(message)});
  };
  if (text.size() > file_bytes_max) {
    findings.push_back({file, 0, 0, {}, "the file has " + std::to_string(text.size()) + " bytes; at most 1 MiB is read, so split it with include"});
    return;
  }
  if (is_utf16(text)) return find(0, "the file is UTF-16; save it as UTF-8");
  if (const auto at = first_bad_utf8(text)) find(*at, "a byte that is not UTF-8; save the file as UTF-8");
  if (const auto at = first_control(text)) find(*at, "a control character; remove it, or write it as an escape in a quoted text");
  if (const auto at = first_tab_indent(text)) find(*at, "a tab in the indentation; write spaces");
}

std::string shown(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  while (!text.empty() && characters++ < 64) {
    const std::size_t length = executors::utf8_character(text).length;
    const bool control = length == 0 || (length == 1 && (text[0] < 0x20 || text[0] == 0x7f)) || (length == 2 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0);
    if (control) out += '?';
    else out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text.empty() ? out : out + "...";
}

}  // namespace reeve::config
