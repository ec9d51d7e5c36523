#include "schedules/cron.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace reeve::schedules {
namespace {

using namespace std::chrono;

WallTime wall(int year, unsigned month, unsigned day, int hour = 0, int minute = 0, int second = 0) {
  return local_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)} + hours{hour} + minutes{minute} + seconds{second};
}

Cron cron(std::string_view text) {
  auto parsed = Cron::parse(text);
  if (const auto* fault = std::get_if<Fault>(&parsed)) FAIL(fault->message);
  return std::get<Cron>(std::move(parsed));
}

std::string fault(std::string_view text) {
  const auto parsed = Cron::parse(text);
  REQUIRE(std::holds_alternative<Fault>(parsed));
  return std::get<Fault>(parsed).message;
}

TEST_CASE("five fields name minutes", "[cron]") {
  const auto quarter = cron("*/15 9-17 * * mon-fri");
  CHECK(quarter.next(wall(2026, 11, 20, 17, 45)) == wall(2026, 11, 23, 9));   // Friday evening: Monday morning
  CHECK(quarter.next(wall(2026, 11, 23, 9)) == wall(2026, 11, 23, 9, 15));
  CHECK(quarter.next(wall(2026, 11, 23, 9, 14, 59)) == wall(2026, 11, 23, 9, 15));
  CHECK(cron("5 4 * * *").next(wall(2026, 12, 31, 4, 5)) == wall(2027, 1, 1, 4, 5));
  CHECK(cron("0 22-23,0-2 * * *").next(wall(2026, 1, 1, 2)) == wall(2026, 1, 1, 22));
  CHECK(cron("10/20 * * * *").next(wall(2026, 1, 1, 0, 10)) == wall(2026, 1, 1, 0, 30));
}

TEST_CASE("six fields name seconds", "[cron]") {
  const auto often = cron("*/20 * * * * *");
  CHECK(often.next(wall(2026, 1, 1)) == wall(2026, 1, 1, 0, 0, 20));
  CHECK(often.next(wall(2026, 12, 31, 23, 59, 40)) == wall(2027, 1, 1));
}

TEST_CASE("names of months and weekdays, Sunday as 0 and 7", "[cron]") {
  CHECK(cron("0 0 1 JAN,jul *").next(wall(2026, 1, 1)) == wall(2026, 7, 1));
  CHECK(cron("0 0 * * 0").next(wall(2026, 11, 20)) == wall(2026, 11, 22));
  CHECK(cron("0 0 * * 7").next(wall(2026, 11, 20)) == wall(2026, 11, 22));
  CHECK(cron("0 0 * * fri-sun").next(wall(2026, 11, 21)) == wall(2026, 11, 22));
  CHECK(cron("0 0 * * 5-7").next(wall(2026, 11, 22)) == wall(2026, 11, 27));
}

TEST_CASE("a restricted day and a restricted weekday: either is enough", "[cron]") {
  const auto either = cron("0 0 13 * fri");
  CHECK(either.next(wall(2026, 11, 7)) == wall(2026, 11, 13));
  CHECK(either.next(wall(2026, 11, 27)) == wall(2026, 12, 4));
  CHECK(either.next(wall(2026, 12, 11)) == wall(2026, 12, 13));
  CHECK(cron("0 0 13 * *").next(wall(2026, 11, 13)) == wall(2026, 12, 13));
  CHECK(cron("0 0 ? * fri").next(wall(2026, 11, 13)) == wall(2026, 11, 20));
}

TEST_CASE("rare days come", "[cron]") {
  CHECK(cron("0 0 29 2 *").next(wall(2096, 2, 29)) == wall(2104, 2, 29));   // 2100 is no leap year
  CHECK(cron("0 0 31 * *").next(wall(2026, 3, 31)) == wall(2026, 5, 31));
}

TEST_CASE("macros", "[cron]") {
  CHECK(cron("@daily").next(wall(2026, 1, 1)) == wall(2026, 1, 2));
  CHECK(cron("@Hourly").next(wall(2026, 1, 1)) == wall(2026, 1, 1, 1));
  CHECK(cron("@weekly").next(wall(2026, 11, 20)) == wall(2026, 11, 22));
  CHECK(cron("@yearly").next(wall(2026, 1, 1)) == wall(2027, 1, 1));
}

TEST_CASE("a fault names the field and the value", "[cron]") {
  CHECK(fault("61 * * * *") == "the minute \"61\" is not within 0 to 59");
  CHECK(fault("* * * * moon") == "the weekday \"moon\" is not within 0 to 7");
  CHECK(fault("* * 0 * *") == "the day of the month \"0\" is not within 1 to 31");
  CHECK(fault("*/0 * * * *") == "the step \"0\" of the minute is not within 1 to 59");
  CHECK(fault("* 23-1 * * *").find("runs backwards") != std::string::npos);
  CHECK(fault("1,,2 * * * *").find("empty part") != std::string::npos);
  CHECK(fault("* * * *").find("not 4") != std::string::npos);
  CHECK(fault("").find("not 0") != std::string::npos);
  CHECK(fault("@sometimes").find("@sometimes") != std::string::npos);
  CHECK(fault("0 0 30 2 *").find("no day of any year") != std::string::npos);
  CHECK(fault("99999999999999999999 * * * *").find("minute") != std::string::npos);
  CHECK(fault("-1 * * * *").find("minute") != std::string::npos);
}

}  // namespace
}  // namespace reeve::schedules
