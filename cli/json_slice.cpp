#include "cli/json_slice.hpp"

namespace reeve::cli {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') ++at;
    else if (text[at] == '"') return at + 1;
  }
  return text.size();
}

// Where the first `mark` outside of strings and nested values is; the end of the text otherwise.
std::size_t find_outside(std::string_view text, char mark, std::size_t at) {
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (depth == 0 && c == mark) return at;
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return text.size();
}

// What is between the brackets, cut at its commas.
std::vector<std::string_view> inside(std::string_view text, char open, char close) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != open || text.back() != close) return {};
  text = text.substr(1, text.size() - 2);
  std::vector<std::string_view> parts{};
  if (trimmed(text).empty()) return parts;
  std::size_t at = 0;
  while (true) {
    const std::size_t comma = find_outside(text, ',', at);
    parts.push_back(trimmed(text.substr(at, comma - at)));
    if (comma == text.size()) return parts;
    at = comma + 1;
  }
}

}  // namespace

std::vector<std::string_view> elements_of(std::string_view text) { return inside(text, '[', ']'); }

std::optional<std::string_view> member_of(std::string_view text, std::string_view name) {
  for (const std::string_view member : inside(text, '{', '}')) {
    const std::size_t colon = find_outside(member, ':', 0);
    const std::string_view key = trimmed(member.substr(0, colon));
    if (colon < member.size() && key.size() == name.size() + 2 && key.substr(1, name.size()) == name) return trimmed(member.substr(colon + 1));
  }
  return std::nullopt;
}

}  // namespace reeve::cli
