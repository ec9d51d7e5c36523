#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "handlers/decide.hpp"
#include "tests/unit/handlers/make.hpp"

namespace reeve::handlers {

using namespace test;

namespace {

RetryPolicy plain(Backoff backoff, store::Millis base, store::Millis max) {
  RetryPolicy policy;
  policy.backoff = backoff;
  policy.base = base;
  policy.max = max;
  policy.jitter = Jitter::none;
  return policy;
}

std::vector<store::Millis> first_pauses(const RetryPolicy& policy, int count) {
  std::vector<store::Millis> pauses;
  for (int tries = 1; tries <= count; ++tries) pauses.push_back(backoff(policy, tries, 0.5));
  return pauses;
}

}  // namespace

TEST_CASE("pauses grow as their policy says", "[backoff][case-96]") {
  CHECK(first_pauses(plain(Backoff::fixed, 30s, 1h), 2) == std::vector<store::Millis>{30s, 30s});
  CHECK(first_pauses(plain(Backoff::linear, 10s, 1h), 3) == std::vector<store::Millis>{10s, 20s, 30s});
  CHECK(first_pauses(plain(Backoff::exponential, 1s, 5s), 5) == std::vector<store::Millis>{1s, 2s, 4s, 5s, 5s});
}

TEST_CASE("a hundred doublings end at the maximum", "[backoff][case-100]") {
  const auto shape = GENERATE(Backoff::fixed, Backoff::linear, Backoff::exponential);
  const auto jitter = GENERATE(Jitter::none, Jitter::full, Jitter::ratio);
  RetryPolicy policy = plain(shape, 1h, store::Millis::max());
  policy.jitter = jitter;
  policy.factor = 1000;
  for (const int tries : {1, 2, 63, 64, 100, 100'000, std::numeric_limits<int>::max()}) {
    const auto pause = backoff(policy, tries, 0.999);
    CHECK(pause >= 0ms);
    CHECK(pause <= policy.max);
  }
  CHECK(backoff(plain(Backoff::exponential, 1s, 1h), 100, 0.5) == 1h);
}

TEST_CASE("jitter keeps its bounds", "[backoff][case-83]") {
  const double dice = GENERATE(0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999999);
  RetryPolicy policy = plain(Backoff::fixed, 100s, 1h);
  policy.jitter = Jitter::full;
  CHECK(backoff(policy, 1, dice) <= 100s);
  CHECK(std::abs(static_cast<double>(backoff(policy, 1, dice).count()) - 100'000 * dice) <= 1);
  policy.jitter = Jitter::ratio;
  policy.jitter_ratio = 0.1;
  CHECK(backoff(policy, 1, dice) >= 90s);
  CHECK(backoff(policy, 1, dice) <= 110s);
  policy.max = 100s;
  CHECK(backoff(policy, 1, dice) <= 100s);
}

TEST_CASE("jitter spreads over its whole range", "[backoff]") {
  RetryPolicy policy = plain(Backoff::fixed, 100s, 1h);
  policy.jitter = Jitter::full;
  CHECK(backoff(policy, 1, 0) == 0ms);
  CHECK(backoff(policy, 1, 0.999) > 99s);
  policy.jitter = Jitter::ratio;
  CHECK(backoff(policy, 1, 0) == 90s);
  CHECK(backoff(policy, 1, 0.999) > 109s);
}

TEST_CASE("senseless numbers give a pause all the same", "[backoff]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  RetryPolicy policy = plain(Backoff::exponential, 1s, 10s);
  policy.factor = nan;
  CHECK(backoff(policy, 3, nan) <= 10s);
  policy.factor = 2;
  policy.base = -5s;
  CHECK(backoff(policy, 3, 0.5) == 0ms);
  policy.base = 0s;
  CHECK(backoff(policy, 5000, 0.5) == 0ms);
  policy = plain(Backoff::linear, 1s, 10s);
  CHECK(backoff(policy, 0, 0.5) == 1s);
  CHECK(backoff(policy, -3, 0.5) == 1s);
  policy.max = -1s;
  CHECK(backoff(policy, 1, 0.5) == 0ms);
}

}  // namespace reeve::handlers
