// What pause and resume are about: a queue, a kind or a label; nothing of them: the daemon itself.
#pragma once

#include <optional>
#include <string>

#include "cli/grammar.hpp"
#include "cli/json_object.hpp"

namespace reeve::cli {

class PauseTarget {
 public:
  void declare(Grammar& grammar, const std::string& without_any);
  // Throws UsageError when more than one is named, or one that cannot be.
  void check() const;
  [[nodiscard]] bool is_daemon() const { return !queue_ && !kind_ && !label_; }
  // "/v1/kinds/report/pause"; `verb` is pause or resume.
  [[nodiscard]] std::string path(const std::string& verb) const;
  // What the body says of it.
  void describe(JsonObject& body) const;
  [[nodiscard]] std::string text() const;        // "kind report"
  [[nodiscard]] std::string arguments() const;   // "--kind report"

 private:
  std::optional<std::string> queue_{};
  std::optional<std::string> kind_{};
  std::optional<std::string> label_{};
};

}  // namespace reeve::cli
