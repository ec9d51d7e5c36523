// The selectors as options: the same on every verb that takes tasks.
#pragma once

#include <string>

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
    grammar.option("--fingerprint", words_.fingerprints, "F", "with this fault as their last error, as reeve failures shows it");
    grammar.option("--concurrency-key", words_.concurrency_keys, "KEY", "with this concurrency key");
    grammar.option("--dedupe-key", words_.dedupe_keys, "KEY", "with this dedupe key");
    grammar.option("--supersede-key", words_.supersede_keys, "KEY", "with this supersede key");
    grammar.option("--order-key", words_.order_keys, "KEY", "with this order key");
    grammar.option("--since", words_.since, "TIME", "created at or after; 2h ago is 2h");
    grammar.option("--until", words_.until, "TIME", "created before");
    grammar.option("--batch", words_.batch, "N", "of this batch");
    grammar.flag("--all", words_.all, "every task");
  }
  // Throws UsageError.
  [[nodiscard]] Selection selection() const { return understand(words_); }

 private:
  SelectorWords words_{};
};

}  // namespace reeve::cli
