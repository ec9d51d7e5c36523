// Which schedules there are and which of their ticks are due. Pure: told what time it is and what became of what it said.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/schedule.hpp"
#include "store/schedules.hpp"

namespace reeve::supervisor {

// One schedule and where it stands.
struct KeptSchedule {
  std::shared_ptr<const handlers::Schedule> schedule{};
  store::ScheduleOrigin origin = store::ScheduleOrigin::declared;
  store::Timestamp last_tick{};                       // ticks up to here are taken
  bool paused = false;
  std::optional<store::Timestamp> next{};             // the first tick after last_tick; nullopt: none will come
  std::optional<store::Timestamp> not_before{};       // after a failure: when to try again
  std::string trouble{};                              // why its last tick was not taken
  int failures = 0;                                   // in a row
};

// What is to be done about one schedule now: ticks up to `left_out` are left out, then those in `ticks` are fired, oldest first.
struct DueSchedule {
  std::shared_ptr<const handlers::Schedule> schedule{};
  std::vector<store::Timestamp> ticks{};
  std::optional<store::Timestamp> left_out{};         // the newest tick that was missed for good
};

class ScheduleBook {
 public:
  // Known from now on, or changed: what the store says of it.
  void put(std::shared_ptr<const handlers::Schedule> schedule, const store::ScheduleRow& row);
  void erase(std::string_view name);
  void set_paused(std::string_view name, bool paused, store::Timestamp now);   // resuming takes the ticks up to `now`

  static constexpr store::Millis shortest_pause{1'000};
  static constexpr store::Millis longest_pause{60'000};

  [[nodiscard]] const KeptSchedule* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, KeptSchedule, std::less<>>& all() const { return schedules_; }

  // The earliest moment at which due() has something to say; nullopt: never.
  [[nodiscard]] std::optional<store::Timestamp> next() const;
  [[nodiscard]] std::vector<DueSchedule> due(store::Timestamp now) const;

  // The tick was fired, left out, or had been before.
  void taken(std::string_view name, store::Timestamp tick);
  // It could not be: tried again after a pause that grows with each failure in a row, up to a minute. Gives the pause.
  store::Millis failed(std::string_view name, std::string trouble, store::Timestamp now);

 private:
  std::map<std::string, KeptSchedule, std::less<>> schedules_{};
};

}  // namespace reeve::supervisor
