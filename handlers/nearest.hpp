// Did you mean ...? The known word that is nearest to a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reeve::handlers {

// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view left, std::string_view right);

// Empty when none is near: more than a third of the word, or more than three edits, is another word, unless one is the beginning of the
// other. Case does not count.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string_view>& known);

// "; did you mean 'report'?" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace reeve::handlers
