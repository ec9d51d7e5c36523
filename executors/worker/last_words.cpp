#include "executors/worker/last_words.hpp"

#include "executors/utf8.hpp"

namespace reeve::executors::worker {
namespace {

constexpr std::size_t most_bytes = 4 << 10;
constexpr std::size_t longest_line = 500;

void keep_end(std::string& text, std::string_view bytes) {
  if (bytes.size() > most_bytes) bytes.remove_prefix(bytes.size() - most_bytes);
  text.append(bytes);
  if (text.size() > 2 * most_bytes) text.erase(0, text.size() - most_bytes);
}

std::string_view last_line(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const auto newline = text.rfind('\n');
  return newline == std::string_view::npos ? text : text.substr(newline + 1);
}

}  // namespace

void LastWords::hear(Stream stream, std::string_view bytes) { keep_end(stream == Stream::stderr_ ? err_ : out_, bytes); }

std::string LastWords::line() const {
  auto line = last_line(err_);
  if (line.empty()) line = last_line(out_);
  return to_utf8(line.substr(0, longest_line));
}

}  // namespace reeve::executors::worker
