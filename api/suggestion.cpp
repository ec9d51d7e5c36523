#include "api/suggestion.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace reeve::api {

namespace {

constexpr std::size_t slips_max = 2;
constexpr std::size_t word_max = 40;

// Letters to change, add or remove to make `from` into `to`.
std::size_t slips(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest(std::string_view word, std::initializer_list<std::string_view> known) {
  std::string_view best;
  std::size_t least = slips_max + 1;
  if (word.size() < 3 || word.size() > word_max) return {};
  for (const std::string_view candidate : known) {
    const std::size_t distance = slips(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return std::string(best);
}

}  // namespace reeve::api
