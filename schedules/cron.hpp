// Cron expressions: five fields (minute hour day month weekday), or six with seconds first.
//
// Each field is *, a value, a range a-b, a step */n or a-b/n, or a list of these; months and weekdays also by their English names (jan, SUN),
// Sunday is 0 or 7, ? is *. When both the day and the weekday are restricted either is enough, as in every cron since V7 (crontab(5)).
// @yearly @annually @monthly @weekly @daily @midnight @hourly stand for their usual expressions.
//
// Knows calendars and no time zones: it reads what a clock on the wall shows.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace reeve::schedules {

// What a clock on the wall shows, as if there were no time zones: seconds since 1970-01-01 00:00:00.
using WallTime = std::chrono::local_seconds;

// Why a text is no schedule, for people: names the field and the value.
struct Fault { std::string message{}; };

class Cron {
 public:
  // An expression that can never be met (30 February) is a fault too.
  [[nodiscard]] static std::variant<Cron, Fault> parse(std::string_view text);

  // The first wall time after `after` that the expression names. Nullopt: never again within what years can be written.
  [[nodiscard]] std::optional<WallTime> next(WallTime after) const;

  // Its hours are not restricted: it is about intervals, not about times of the day. Decides what becomes of hours that a clock shows twice.
  [[nodiscard]] bool any_hour() const { return any_hour_; }

 private:
  [[nodiscard]] bool on_day(std::chrono::year_month_day day, std::chrono::weekday weekday) const;
  [[nodiscard]] std::optional<std::chrono::seconds> next_in_day(std::chrono::seconds from) const;

  std::bitset<60> seconds_{};
  std::bitset<60> minutes_{};
  std::bitset<24> hours_{};
  std::bitset<32> days_{};
  std::bitset<13> months_{};
  std::bitset<7> weekdays_{};
  bool any_hour_ = false;
  bool any_day_ = false;
  bool any_weekday_ = false;
};

}  // namespace reeve::schedules
