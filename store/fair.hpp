// Tenants of a queue that take turns, whatever each of them has waiting (start-time fair queueing). Pure.
//
// A task gets its place when it becomes ready: right behind the last one of its tenant, but not before what is served now. The ready index
// keeps tasks by place, so a claim costs the same for one tenant and for a million. Each priority of a queue is a line of its own.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <tuple>

namespace reeve::store {

struct Line {
  std::string queue{};
  int priority = 0;
  auto operator<=>(const Line&) const = default;
};

struct Tenant {
  std::int64_t served = 0;    // the first place after those of it that were started
  std::int64_t next = 0;      // the first place after those that it was given

  // `now`: the place of the one of the line served last.
  std::int64_t enter(std::int64_t now) {
    const std::int64_t place = std::max(now, next);
    next = place + 1;
    return place;
  }
  void started(std::int64_t place) {
    served = std::max(served, place + 1);
    next = std::max(next, served);
  }
  // What it had waiting was cancelled: the places are given back.
  void nothing_waits() { next = served; }
  // Nothing about it needs to be known any more.
  [[nodiscard]] bool is_stale(std::int64_t now) const { return next <= now; }
};

}  // namespace reeve::store
