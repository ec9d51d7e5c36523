// The time of the scoreboard.
#pragma once

#include <cstdint>
#include <ctime>

namespace reeve::executors::scoreboard {

[[nodiscard]] inline std::uint64_t nanoseconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

[[nodiscard]] inline std::uint64_t boot_time() { return nanoseconds_of(CLOCK_BOOTTIME); }

}  // namespace reeve::executors::scoreboard
