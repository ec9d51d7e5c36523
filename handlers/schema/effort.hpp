// How much work one check may take: counted, so that the same value always gets the same answer, on any machine.
#pragma once

#include <cstdint>
#include <stdexcept>

namespace reeve::handlers {

// Evaluations of subschemas, weighed by their size: some tenths of a second at most.
inline constexpr std::int64_t schema_effort_max = 1'000'000;
// Characters that patterns look at, each as often as it is looked at: the same.
inline constexpr std::int64_t pattern_effort_max = 5'000'000;

class EffortSpent : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Of the check that this thread is in.
class Effort {
 public:
  Effort() : before_(current_) { current_ = this; }
  ~Effort() { current_ = before_; }
  Effort(const Effort&) = delete;
  Effort& operator=(const Effort&) = delete;

  // Throws EffortSpent. Nothing is counted outside a check.
  static void schema(std::int64_t units) {
    if (current_ && (current_->schema_ += units) > schema_effort_max) throw EffortSpent("the value takes too much work to check against the schema; make it smaller, or the schema simpler");
  }
  static void pattern(std::int64_t units) {
    if (current_ && (current_->pattern_ += units) > pattern_effort_max) throw EffortSpent("a pattern of the schema takes too much work on this value; make the text shorter, or the pattern simpler");
  }

 private:
  static inline thread_local Effort* current_ = nullptr;
  Effort* before_;
  std::int64_t schema_ = 0;
  std::int64_t pattern_ = 0;
};

}  // namespace reeve::handlers
