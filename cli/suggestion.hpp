// What somebody probably meant to type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reeve::cli {

// The candidate nearest to `word`, or empty when none is near: at most two slips, and less than half of the word.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace reeve::cli
