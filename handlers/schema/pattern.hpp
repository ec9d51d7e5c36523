// Regular expressions of schemas: as in JavaScript, without a stack that grows with the text and without a text that takes for ever.
//
// They work on bytes: a character outside ASCII is as many as it has bytes in UTF-8.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::handlers {

class Pattern {
 public:
  // Throws std::runtime_error with the reason when `text` is no pattern.
  explicit Pattern(const std::string& text);

  // Anywhere in `text`. Both throw EffortSpent when it takes too much.
  [[nodiscard]] bool search(std::string_view text) const;
  // All of `text`; the parts that the groups of the pattern took, the whole first.
  [[nodiscard]] bool match(std::string_view text, std::vector<std::string>& groups) const;

 private:
  class Compiled;
  std::shared_ptr<const Compiled> compiled_;   // shared with all equal patterns of the thread
};

}  // namespace reeve::handlers
