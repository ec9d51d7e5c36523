// The only place that knows what time it is.
#pragma once

#include <chrono>

#include "store/time.hpp"

namespace reeve::supervisor {

// Time that never jumps and goes on while the machine sleeps (CLOCK_BOOTTIME): for leases, timeouts and the watchdog. Does not convert to
// or from Timestamp.
struct BootClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using Moment = BootClock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual store::Timestamp now() const = 0;   // wall time: for rows and schedules
  [[nodiscard]] virtual Moment moment() const = 0;          // boot time: for everything that waits
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] store::Timestamp now() const override;
  [[nodiscard]] Moment moment() const override;
};

}  // namespace reeve::supervisor
