#include "supervisor/core/schedule_book.hpp"

#include <catch2/catch.hpp>
#include <utility>

namespace reeve::supervisor {
namespace {

using schedules::CatchUp;
using store::Timestamp;

Timestamp at(std::string_view text) { return store::parse_rfc3339(text).value(); }

std::shared_ptr<const handlers::Schedule> hourly(CatchUp catch_up = CatchUp::last, int most = 100) {
  auto timing = schedules::Timing::parse("@hourly", schedules::Zone::utc());
  handlers::Schedule schedule{.timing = std::get<schedules::Timing>(std::move(timing))};
  schedule.name = "hourly";
  schedule.wish.kind = "echo";
  schedule.catch_up = catch_up;
  schedule.catch_up_most = most;
  return std::make_shared<const handlers::Schedule>(std::move(schedule));
}

store::ScheduleRow row(std::string_view last_tick) {
  store::ScheduleRow row;
  row.name = "hourly";
  row.last_tick = at(last_tick);
  return row;
}

TEST_CASE("the book knows the next tick and says when it is due", "[schedules]") {
  ScheduleBook book;
  CHECK_FALSE(book.next());
  book.put(hourly(), row("2026-01-01T00:30:00Z"));
  CHECK(book.next() == at("2026-01-01T01:00:00Z"));
  CHECK(book.due(at("2026-01-01T00:59:59.999Z")).empty());
  const auto due = book.due(at("2026-01-01T01:00:00Z"));
  REQUIRE(due.size() == 1);
  CHECK(due[0].ticks == std::vector{at("2026-01-01T01:00:00Z")});
  CHECK_FALSE(due[0].left_out);
  book.taken("hourly", at("2026-01-01T01:00:00Z"));
  CHECK(book.next() == at("2026-01-01T02:00:00Z"));
  CHECK(book.due(at("2026-01-01T01:30:00Z")).empty());
}

TEST_CASE("missed ticks are left out or caught up as the schedule says", "[schedules]") {
  ScheduleBook book;
  const Timestamp now = at("2026-01-01T05:30:00Z");
  book.put(hourly(CatchUp::none), row("2026-01-01T00:00:00Z"));
  auto due = book.due(now);
  REQUIRE(due.size() == 1);
  CHECK(due[0].ticks.empty());
  CHECK(due[0].left_out == at("2026-01-01T05:00:00Z"));

  book.put(hourly(CatchUp::last), row("2026-01-01T00:00:00Z"));
  due = book.due(now);
  REQUIRE(due.size() == 1);
  CHECK(due[0].ticks == std::vector{at("2026-01-01T05:00:00Z")});
  CHECK(due[0].left_out == at("2026-01-01T04:00:00Z"));

  book.put(hourly(CatchUp::all, 2), row("2026-01-01T00:00:00Z"));
  due = book.due(now);
  REQUIRE(due.size() == 1);
  CHECK(due[0].ticks == std::vector{at("2026-01-01T04:00:00Z"), at("2026-01-01T05:00:00Z")});
  CHECK(due[0].left_out == at("2026-01-01T03:00:00Z"));
}

TEST_CASE("a paused schedule is never due, and goes on from where it is resumed", "[schedules]") {
  ScheduleBook book;
  book.put(hourly(), row("2026-01-01T00:00:00Z"));
  book.set_paused("hourly", true, at("2026-01-01T00:10:00Z"));
  CHECK_FALSE(book.next());
  CHECK(book.due(at("2026-01-01T09:00:00Z")).empty());
  book.set_paused("hourly", false, at("2026-01-01T09:10:00Z"));
  CHECK(book.next() == at("2026-01-01T10:00:00Z"));
  book.set_paused("daily", true, at("2026-01-01T00:10:00Z"));   // unknown: nothing happens
}

TEST_CASE("what could not be fired is tried again, and not before", "[schedules]") {
  ScheduleBook book;
  book.put(hourly(), row("2026-01-01T00:00:00Z"));
  const Timestamp tick = at("2026-01-01T01:00:00Z");
  CHECK(book.failed("hourly", "no handler", tick) == store::Millis{1'000});
  CHECK(book.failed("hourly", "no handler", tick) == store::Millis{2'000});
  CHECK(book.next() == tick + store::Millis{2'000});
  CHECK(book.due(tick + store::Millis{1'999}).empty());
  CHECK(book.due(tick + store::Millis{2'000}).at(0).ticks == std::vector{tick});
  CHECK(book.find("hourly")->trouble == "no handler");
  book.taken("hourly", tick);
  CHECK(book.find("hourly")->trouble.empty());
  for (int times = 0; times < 100; ++times) CHECK(book.failed("hourly", "no handler", tick) <= store::Millis{60'000});
  book.taken("hourly", tick);
  CHECK(book.next() == at("2026-01-01T02:00:00Z"));
}

TEST_CASE("what is erased is due no more", "[schedules]") {
  ScheduleBook book;
  book.put(hourly(), row("2026-01-01T00:00:00Z"));
  book.erase("hourly");
  book.erase("hourly");
  CHECK_FALSE(book.next());
  CHECK(book.find("hourly") == nullptr);
}

}  // namespace
}  // namespace reeve::supervisor
