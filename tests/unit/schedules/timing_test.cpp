#include "schedules/timing.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "schedules/catch_up.hpp"

namespace reeve::schedules {
namespace {

store::Timestamp utc(std::string_view text) { return store::parse_rfc3339(text).value(); }

Timing timing(std::string_view text, const std::string& zone = "UTC") {
  auto parsed = Timing::parse(text, Zone::find(zone).value());
  if (const auto* fault = std::get_if<Fault>(&parsed)) FAIL(fault->message);
  return std::get<Timing>(std::move(parsed));
}

// The next `count` ticks, as text.
std::vector<std::string> ticks(const Timing& timing, std::string_view after, int count) {
  std::vector<std::string> found;
  auto at = utc(after);
  for (int number = 0; number < count; ++number) {
    at = timing.next(at).value();
    found.push_back(store::to_rfc3339(at));
  }
  return found;
}

using Ticks = std::vector<std::string>;

TEST_CASE("a time of the day is a time of its zone", "[timing]") {
  CHECK(ticks(timing("30 8 * * *", "Europe/Berlin"), "2026-01-10T00:00:00Z", 1) == Ticks{"2026-01-10T07:30:00.000Z"});
  CHECK(ticks(timing("30 8 * * *", "Europe/Berlin"), "2026-07-10T00:00:00Z", 1) == Ticks{"2026-07-10T06:30:00.000Z"});
  CHECK(ticks(timing("0 9 * * *", "Asia/Kathmandu"), "2026-07-10T00:00:00Z", 1) == Ticks{"2026-07-10T03:15:00.000Z"});
}

TEST_CASE("a time that clocks leave out fires at the change, once", "[timing][dst]") {
  const auto nightly = timing("30 2 * * *", "Europe/Berlin");   // 2026-03-29 02:00 is 03:00
  CHECK(ticks(nightly, "2026-03-28T00:00:00Z", 3) == Ticks{"2026-03-28T01:30:00.000Z", "2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"});
  const auto twice = timing("15,45 2 * * *", "Europe/Berlin");
  CHECK(ticks(twice, "2026-03-28T12:00:00Z", 2) == Ticks{"2026-03-29T01:00:00.000Z", "2026-03-30T00:15:00.000Z"});
}

TEST_CASE("a time that comes twice fires the first time", "[timing][dst]") {
  const auto nightly = timing("30 2 * * *", "Europe/Berlin");   // 2026-10-25 03:00 is 02:00 again
  CHECK(ticks(nightly, "2026-10-24T12:00:00Z", 2) == Ticks{"2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"});
}

TEST_CASE("intervals fire at every moment that the clock shows", "[timing][dst]") {
  const auto half = timing("*/30 * * * *", "Europe/Berlin");
  CHECK(ticks(half, "2026-10-25T00:00:00Z", 4) ==
        Ticks{"2026-10-25T00:30:00.000Z", "2026-10-25T01:00:00.000Z", "2026-10-25T01:30:00.000Z", "2026-10-25T02:00:00.000Z"});
  CHECK(ticks(half, "2026-03-29T00:30:00Z", 2) == Ticks{"2026-03-29T01:00:00.000Z", "2026-03-29T01:30:00.000Z"});
  CHECK(ticks(timing("0 * * * *", "Australia/Lord_Howe"), "2026-04-04T14:30:00Z", 2) ==   // back by half an hour at 15:00 UTC
        Ticks{"2026-04-04T15:30:00.000Z", "2026-04-04T16:30:00.000Z"});
}

TEST_CASE("a day that a zone left out", "[timing][dst]") {   // Samoa had no 30 December 2011
  CHECK(ticks(timing("0 12 30 12 *", "Pacific/Apia"), "2011-12-01T00:00:00Z", 1) == Ticks{"2011-12-30T10:00:00.000Z"});
}

TEST_CASE("every counts from 1970", "[timing]") {
  CHECK(ticks(timing("@every 5m"), "2026-01-01T00:00:01Z", 2) == Ticks{"2026-01-01T00:05:00.000Z", "2026-01-01T00:10:00.000Z"});
  CHECK(ticks(timing("@every 1h30m"), "1970-01-01T00:00:00Z", 1) == Ticks{"1970-01-01T01:30:00.000Z"});
  CHECK(timing("@every 10s").next(store::from_ms(-1)) == store::from_ms(0));
}

TEST_CASE("ticks lie after the moment, to the millisecond", "[timing]") {
  CHECK(timing("0 0 * * *").next(utc("2026-01-01T00:00:00Z")) == utc("2026-01-02T00:00:00Z"));
  CHECK(timing("0 0 * * *").next(utc("2025-12-31T23:59:59.999Z")) == utc("2026-01-01T00:00:00Z"));
}

TEST_CASE("the newest ticks of a long time are found at once", "[timing]") {
  const auto each_second = timing("* * * * * *");
  const auto found = each_second.newest(utc("1990-01-01T00:00:00Z"), utc("2026-01-01T00:00:00.500Z"), 3);
  REQUIRE(found.size() == 3);
  CHECK(found.back() == utc("2026-01-01T00:00:00Z"));
  CHECK(found.front() == utc("2025-12-31T23:59:58Z"));
  CHECK(timing("@yearly").newest(utc("1990-01-01T00:00:00Z"), utc("2026-06-01T00:00:00Z"), 100).size() == 36);
  CHECK(timing("@daily").newest(utc("2026-01-01T00:00:00Z"), utc("2026-01-01T12:00:00Z"), 5).empty());
}

TEST_CASE("unknown zones and durations are refused", "[timing]") {
  CHECK_FALSE(Zone::find("Europe/Atlantis"));
  CHECK_FALSE(Zone::find("../../etc/passwd"));
  CHECK_FALSE(Zone::find(""));
  for (const std::string_view text : {"@every", "@every 0s", "@every 999ms", "@every 400d", "@every soon", "@every -5m"})
    CHECK(std::holds_alternative<Fault>(Timing::parse(text, Zone::utc())));
}

TEST_CASE("what was missed is left out, or its last is fired, or all of it", "[catch_up]") {
  const auto hourly = timing("@hourly");
  const auto after = utc("2026-01-01T00:00:00Z");
  const auto now = utc("2026-01-01T05:30:00Z");
  CHECK(due_ticks(hourly, after, now, CatchUp::none, 100).ticks.empty());
  CHECK(due_ticks(hourly, after, now, CatchUp::none, 100).missed);
  CHECK(due_ticks(hourly, after, now, CatchUp::last, 100).ticks == std::vector{utc("2026-01-01T05:00:00Z")});
  CHECK(due_ticks(hourly, after, now, CatchUp::all, 100).ticks.size() == 5);
  CHECK_FALSE(due_ticks(hourly, after, now, CatchUp::all, 100).missed);
  const auto capped = due_ticks(hourly, after, now, CatchUp::all, 2);
  CHECK(capped.ticks == std::vector{utc("2026-01-01T04:00:00Z"), utc("2026-01-01T05:00:00Z")});
  CHECK(capped.missed);
}

TEST_CASE("a tick that is only late is fired whatever the rule", "[catch_up]") {
  const auto hourly = timing("@hourly");
  for (const CatchUp rule : {CatchUp::none, CatchUp::last, CatchUp::all}) {
    const auto due = due_ticks(hourly, utc("2026-01-01T04:00:00Z"), utc("2026-01-01T05:00:20Z"), rule, 10);
    CHECK(due.ticks == std::vector{utc("2026-01-01T05:00:00Z")});
    CHECK_FALSE(due.missed);
  }
}

TEST_CASE("jitter is within its bound and always the same", "[catch_up]") {
  const store::Millis bound{10'000};
  bool differs = false;
  for (int minute = 0; minute < 100; ++minute) {
    const auto tick = store::from_ms(minute * 60'000);
    const auto jitter = jitter_of("nightly", tick, bound);
    CHECK(jitter >= store::Millis{0});
    CHECK(jitter <= bound);
    CHECK(jitter == jitter_of("nightly", tick, bound));
    differs = differs || jitter != jitter_of("nightly", tick + store::Millis{60'000}, bound);
  }
  CHECK(differs);
  CHECK(jitter_of("nightly", store::from_ms(0), store::Millis{0}) == store::Millis{0});
}

}  // namespace
}  // namespace reeve::schedules
