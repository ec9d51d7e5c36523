#include <algorithm>
#include <cmath>

#include "handlers/decide.hpp"

namespace reeve::handlers {

namespace {

// In double throughout: the hundredth doubling is 1e30 ms, which a double holds and an integer does not.
double growth(const RetryPolicy& policy, int tries) {
  switch (policy.backoff) {
    case Backoff::fixed: return 1;
    case Backoff::linear: return tries;
    case Backoff::exponential: return std::pow(policy.factor, tries - 1);
  }
  return 1;
}

double jittered(const RetryPolicy& policy, double pause, double dice) {
  switch (policy.jitter) {
    case Jitter::none: return pause;
    case Jitter::full: return pause * dice;
    case Jitter::ratio: return pause * (1 + policy.jitter_ratio * (2 * dice - 1));
  }
  return pause;
}

// Also catches infinity and not-a-number, which no comparison lets through.
double between(double low, double value, double high) { return value >= low ? std::min(value, high) : low; }

}  // namespace

store::Millis backoff(const RetryPolicy& policy, int tries, double dice) {
  const auto base = static_cast<double>(std::max<store::Millis::rep>(policy.base.count(), 0));
  const auto max = static_cast<double>(std::max<store::Millis::rep>(policy.max.count(), 0));
  const double grown = base == 0 ? 0 : base * growth(policy, std::max(tries, 1));
  const double pause = between(0, jittered(policy, between(0, grown, max), between(0, dice, 1)), max);
  constexpr double longest = 4e18;  // below the largest int64, so that the conversion is defined
  return store::Millis{static_cast<store::Millis::rep>(std::min(pause, longest))};
}

}  // namespace reeve::handlers
