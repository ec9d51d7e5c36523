#include "supervisor/core/attempt_watch.hpp"

#include <algorithm>
#include <utility>

namespace reeve::supervisor {

using executors::StopReason;

AttemptWatch::AttemptWatch(const handlers::Handler& handler, Moment started, Moment fence)
    : watchdog_(handler.watchdog), kill_stale_(handler.on_stale == handlers::OnStale::kill), fence_(fence), last_seen_(started) {
  if (handler.soft_timeout) soft_timeout_ = started + *handler.soft_timeout;
  if (handler.timeout) timeout_ = started + *handler.timeout;
}

bool AttemptWatch::alive(Moment now) {
  last_seen_ = now;
  return std::exchange(stale_, false);
}

Due AttemptWatch::due(Moment now) {
  Due due;
  if (now >= fence_) {
    due.stop = StopReason::lease_lost;
    due.kill = true;
    stopping_ = true;
    return due;
  }
  if (stopping_) return due;
  if (soft_timeout_ && now >= *soft_timeout_) {
    due.warn_soft_timeout = true;
    soft_timeout_.reset();
  }
  if (watchdog_ && !stale_ && now >= last_seen_ + *watchdog_) {
    due.flag_stale = stale_ = true;
    if (kill_stale_) due.stop = StopReason::stalled;
  }
  if (timeout_ && now >= *timeout_) due.stop = StopReason::timeout;
  if (due.stop) stopping_ = true;
  return due;
}

Moment AttemptWatch::next() const {
  Moment next = fence_;
  if (stopping_) return next;
  if (soft_timeout_) next = std::min(next, *soft_timeout_);
  if (timeout_) next = std::min(next, *timeout_);
  if (watchdog_ && !stale_) next = std::min(next, last_seen_ + *watchdog_);
  return next;
}

}  // namespace reeve::supervisor
