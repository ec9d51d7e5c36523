// Which ticks of a schedule are fired now, and which were missed for good.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "schedules/timing.hpp"

namespace reeve::schedules {

// What becomes of ticks that passed while nobody could fire them (the daemon was down, the machine slept).
enum class CatchUp {
  none,   // they are left out
  last,   // the newest of them is fired
  all     // all are fired, oldest first, but no more than `most`
};

// A tick that is this late was missed; until then it is only late (a busy machine).
inline constexpr store::Millis lateness_allowed{60'000};

struct Due {
  std::vector<store::Timestamp> ticks{};   // to be fired, oldest first
  bool missed = false;                     // some are left out
};

// The ticks in (after, now] that are to be fired. At most `most` of them, the newest.
[[nodiscard]] Due due_ticks(const Timing& timing, store::Timestamp after, store::Timestamp now, CatchUp catch_up, std::size_t most);

// A part of `jitter` that is always the same for the same schedule and tick, so that a tick fired twice would be fired for the same moment.
[[nodiscard]] store::Millis jitter_of(std::string_view schedule, store::Timestamp tick, store::Millis jitter);

}  // namespace reeve::schedules
