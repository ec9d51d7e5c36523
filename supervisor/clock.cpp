#include "supervisor/clock.hpp"

#include <ctime>

namespace reeve::supervisor {

store::Timestamp SystemClock::now() const {
  return std::chrono::time_point_cast<store::Millis>(std::chrono::system_clock::now());
}

Moment SystemClock::moment() const {
  timespec at{};
  clock_gettime(CLOCK_BOOTTIME, &at);
  return Moment{std::chrono::seconds{at.tv_sec} + std::chrono::nanoseconds{at.tv_nsec}};
}

}  // namespace reeve::supervisor
