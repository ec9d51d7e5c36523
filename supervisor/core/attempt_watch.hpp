// The clocks of one running attempt: timeout, watchdog, lease. Pure: told the moment, it says what is due.
//
// Three clocks that are never derived from one another:
//   timeout   limits the run time: a warning at soft_timeout, a stop at timeout.
//   watchdog  wants a sign of life *from the handler* each interval: else the attempt is stale, and stopped if the handler says so. The
//             supervisor's own renewals are no sign of life.
//   fence     the local end of the lease: a runner that could not renew in time kills the body before anybody else may start one.
//
//            soft_timeout          timeout -> stop(timeout)
//   started ─────┬───────────────────┬──────────────────────────────►
//            warn once         watchdog silent -> stale [-> stop(stalled)]   alive -> no longer stale
//                              fence reached -> kill(lease_lost)
//
// After a stop nothing but the fence matters: grace and kill are the executor's.
#pragma once

#include <optional>

#include "executors/outcome.hpp"
#include "handlers/handler.hpp"
#include "supervisor/clock.hpp"

namespace reeve::supervisor {

// What is due at a moment. Several may be at once.
struct Due {
  bool warn_soft_timeout = false;
  bool flag_stale = false;
  std::optional<executors::StopReason> stop{};
  bool kill = false;
  bool operator==(const Due&) const = default;
};

class AttemptWatch {
 public:
  AttemptWatch(const handlers::Handler& handler, Moment started, Moment fence);

  // A sign of life of the handler. True: it had been stale and is no longer.
  bool alive(Moment now);
  void renewed(Moment fence) { fence_ = fence; }
  // The attempt was asked to end, by whatever: the clocks that would ask again fall silent.
  void stopping() { stopping_ = true; }

  [[nodiscard]] Due due(Moment now);
  // When due() has something to say, if nothing happens before.
  [[nodiscard]] Moment next() const;

  [[nodiscard]] bool stale() const { return stale_; }
  [[nodiscard]] bool is_stopping() const { return stopping_; }
  [[nodiscard]] Moment last_seen() const { return last_seen_; }

 private:
  std::optional<Moment> soft_timeout_{};
  std::optional<Moment> timeout_{};
  std::optional<store::Millis> watchdog_{};
  bool kill_stale_ = false;
  Moment fence_{};
  Moment last_seen_{};
  bool stale_ = false;
  bool stopping_ = false;
};

}  // namespace reeve::supervisor
