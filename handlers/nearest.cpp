#include "handlers/nearest.hpp"

#include <algorithm>

namespace reeve::handlers {

namespace {

constexpr std::size_t longest_word = 128;  // the cost is quadratic, and nobody misspells more

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::size_t tolerance(std::size_t length) { return std::clamp<std::size_t>(length / 3, 1, 3); }

// "warning" for "warn", "conc" for "concurrency": as near as one edit.
bool begins_like(std::string_view word, std::string_view candidate) {
  return std::min(word.size(), candidate.size()) >= 4 && (word.starts_with(candidate) || candidate.starts_with(word));
}

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> before_last(width), last(width), row(width);
  for (std::size_t j = 0; j < width; ++j) last[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j < width; ++j) {
      const bool same = left[i - 1] == right[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[right.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.empty() || word.size() > longest_word) return {};
  const std::string meant = lower(word);
  std::string_view best{};
  std::size_t best_distance = tolerance(word.size()) + 1;
  for (const std::string_view candidate : known) {
    if (candidate.size() > longest_word) continue;
    const std::size_t edits = edit_distance(meant, lower(candidate));
    const std::size_t distance = begins_like(meant, lower(candidate)) ? std::min<std::size_t>(edits, 1) : edits;
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return std::string{best};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string found = nearest(word, known);
  return found.empty() ? std::string{} : "; did you mean '" + found + "'?";
}

}  // namespace reeve::handlers
