// What the store keeps of schedules: that a tick is fired once, whoever looks and however often the daemon starts again.
//
// When a schedule ticks is not the store's to know (schedules/timing.hpp). A row remembers the newest tick that was taken, and a tick is taken
// in the transaction that stores its task: so no tick gives two tasks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/task.hpp"

namespace reeve::store {

// Who a schedule belongs to: the configuration, or whoever added it at run time. Neither ever changes the other's.
enum class ScheduleOrigin { declared, added };
[[nodiscard]] std::string_view name(ScheduleOrigin origin);

struct SchedulePause {
  std::string reason{};
  std::string actor{};
  Timestamp since{};
  bool operator==(const SchedulePause&) const = default;
};

struct ScheduleRow {
  std::string name{};
  ScheduleOrigin origin = ScheduleOrigin::declared;
  std::string spec{};                          // of an added one the JSON it was given as; of a declared one its timing in words
  Timestamp created_at{};
  Timestamp last_tick{};                       // ticks up to here are taken; created_at before the first
  std::int64_t fired = 0;                      // ticks that stored a task
  std::int64_t passed_over = 0;                // how often ticks were taken without one: another task stood in, or some were missed
  std::optional<TaskId> last_task{};
  std::optional<SchedulePause> pause{};
  bool operator==(const ScheduleRow&) const = default;
};

}  // namespace reeve::store
