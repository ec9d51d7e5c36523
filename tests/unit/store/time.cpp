#include "store/time.hpp"

#include <catch2/catch.hpp>

namespace reeve::store {

using namespace std::chrono_literals;

TEST_CASE("a moment is written as RFC 3339 in UTC with milliseconds", "[time]") {
  CHECK(to_rfc3339(from_ms(0)) == "1970-01-01T00:00:00.000Z");
  CHECK(to_rfc3339(from_ms(1'709'164'800'123)) == "2024-02-29T00:00:00.123Z");
  CHECK(to_rfc3339(from_ms(-1)) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("RFC 3339 is read with any offset and fraction", "[time]") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == from_ms(0));
  CHECK(parse_rfc3339("1970-01-01T01:00:00.5+01:00") == from_ms(500));
  CHECK(parse_rfc3339("1969-12-31t22:30:00.123456789-01:30") == from_ms(123));
  for (const char* bad : {"", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "1970-01-01T24:00:00Z",
                          "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx", "1970-01-01T00:00:00+1:00", "1970-01-01T00:00:00+0100"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad));
  }
}

TEST_CASE("a moment survives being written and read", "[time]") {
  for (const std::int64_t ms : {0LL, 1LL, 1'800'000'000'999LL, 4'102'444'800'000LL, -62'135'596'800'000LL})
    CHECK(parse_rfc3339(to_rfc3339(from_ms(ms))) == from_ms(ms));
}

TEST_CASE("durations are numbers with units, largest first", "[time]") {
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("7d") == 168h);
  CHECK(parse_duration("0s") == 0s);
  for (const char* bad : {"", "5", "5x", "-5s", "30m1h", "1s1s", "s", "1.5s", " 1s", "1s ", "9223372036854775807d", "99999999999999999999s"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("a duration survives being written and read", "[time]") {
  for (const std::int64_t ms : {0LL, 1LL, 999LL, 1'000LL, 61'001LL, 5'400'000LL, 90'061'001LL}) CHECK(parse_duration(to_text(Millis{ms})) == Millis{ms});
  CHECK(to_text(90min) == "1h30m");
  CHECK(to_text(250ms) == "250ms");
  CHECK(to_text(0ms) == "0s");
}

}  // namespace reeve::store
