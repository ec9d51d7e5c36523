#include "cli/relative_time.hpp"

#include <catch2/catch.hpp>

using namespace reeve::cli;
using reeve::store::from_ms;
using reeve::store::Millis;

TEST_CASE("a span is said in two units at most", "[time]") {
  REQUIRE(short_span(Millis{0}) == "0ms");
  REQUIRE(short_span(Millis{999}) == "999ms");
  REQUIRE(short_span(Millis{59'999}) == "59s");
  REQUIRE(short_span(Millis{242'000}) == "4m02s");
  REQUIRE(short_span(Millis{7'500'000}) == "2h05m");
  REQUIRE(short_span(Millis{86'400'000LL * 3 + 4 * 3'600'000}) == "3d04h");
}

TEST_CASE("a moment is said by its distance, in the past and in the future", "[time]") {
  const auto now = from_ms(1'000'000'000);
  REQUIRE(relative_to(now, now) == "just now");
  REQUIRE(relative_to(now - Millis{180'000}, now) == "3m00s ago");
  REQUIRE(relative_to(now + Millis{5'000}, now) == "in 5s");
}
