// The selectors as options: the same on every verb that takes tasks.
#pragma once

#include <string>
#include <optional>

#include "cli/grammar.hpp"
#include "cli/selector.hpp"

namespace reeve::cli {

class SelectorOptions {
 public:
  void declare(Grammar& grammar) {
    grammar.rest("TASK", words_.tasks, "ids (17), ranges (40-52), external ids (ext:order-7)");
    grammar.option("--kind", words_.kinds, "KIND", "of these kinds");
    grammar.option("--queue", words_.queues, "QUEUE", "in these queues");
    grammar.option("--state", words_.states, "STATE", "in these states");
    grammar.option("--label", words_.labels, "KEY=VALUE", "with this label; all that are given must hold");
    grammar.option("--since", since_, "TIME", "created at or after; 2h ago is 2h");
    grammar.option("--until", until_, "TIME", "created before");
    grammar.flag("--all", words_.all, "every task");
  }
  // Throws UsageError.
  [[nodiscard]] Selection selection() const {
    SelectorWords words = words_;
    words.since = since_.value_or("");
    words.until = until_.value_or("");
    return understand(words);
  }

 private:
  SelectorWords words_{};
  std::optional<std::string> since_{};
  std::optional<std::string> until_{};
};

}  // namespace reeve::cli
