// How long a worker elsewhere may be silent.
#pragma once

#include <algorithm>
#include <chrono>

namespace reeve::executors::remote {

// The lease that is given when this one is wished for: 1 s to 24 h.
[[nodiscard]] inline std::chrono::milliseconds bounded_lease(std::chrono::milliseconds wish) {
  constexpr std::chrono::milliseconds shortest{1'000};
  constexpr std::chrono::milliseconds longest{24 * 3600 * 1000};
  return std::clamp(wish, shortest, longest);
}

}  // namespace reeve::executors::remote
