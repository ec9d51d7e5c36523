// How long what is finished is kept, and what became of it. Plain values; open tasks are never touched, whatever the policy says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "store/task.hpp"
#include "store/time.hpp"

namespace reeve::store {

// Nullopt: no limit of that sort.
struct RetentionPolicy {
  // Whole tasks, by the time since they ended. Kept for exactly so long.
  std::optional<Millis> succeeded{};
  std::optional<Millis> failed{};
  std::optional<Millis> cancelled{};
  // Of each kind, so many of those that ended last.
  std::optional<std::int64_t> succeeded_per_kind{};
  std::optional<std::int64_t> failed_per_kind{};
  // Logs of tasks that have ended, in bytes of messages and their data. The oldest lines go; numbering goes on. Of one task: nothing is taken
  // from logs of log_bytes_least and less. In total, logs of open tasks counted: those of the tasks that ended first go first.
  std::optional<std::int64_t> log_bytes_per_task{};
  std::optional<std::int64_t> log_bytes{};
  // Steps and waits of a succeeded task; those begun first go. Failed and cancelled tasks keep theirs: a retry goes on where they were.
  std::optional<std::int64_t> steps_per_task{};
  std::optional<Millis> events{};
  std::optional<std::int64_t> newest_events{};               // at most so many
  std::optional<Millis> requests{std::chrono::hours{24}};    // remembered idempotency keys
  // Of the whole store. Tasks that ended first go first, then events. A store that does not know its size ignores this.
  std::optional<std::int64_t> store_bytes{};
  bool operator==(const RetentionPolicy&) const = default;
};

inline constexpr std::int64_t log_bytes_least = 4'096;

// What the policy says of tasks that ended so: how long, and how many of a kind.
struct KeptFor {
  std::optional<Millis> age{};
  std::optional<std::int64_t> newest{};
};
[[nodiscard]] KeptFor kept_for(const RetentionPolicy& policy, Status status);

// What was let go, or would be.
struct RetentionReport {
  std::int64_t tasks = 0;             // succeeded + failed + cancelled; their logs, steps and events are not counted again below
  std::int64_t succeeded = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  std::int64_t log_lines = 0;
  std::int64_t log_bytes = 0;
  std::int64_t steps = 0;
  std::int64_t events = 0;
  std::int64_t requests = 0;
  std::int64_t over_bytes = 0;        // how much the store is still larger than it may be
  bool more = false;                  // the limit was reached; call again
  std::optional<Timestamp> next_due{};   // unless `more`: when time alone lets something go next
  bool operator==(const RetentionReport&) const = default;

  // One pass of several pieces: their sums, and what the last piece says about the rest.
  void add(const RetentionReport& piece);
  [[nodiscard]] bool deleted_anything() const { return tasks + log_lines + steps + events + requests > 0; }
};

struct SpaceGiven {
  std::int64_t bytes = 0;             // given back now
  std::int64_t left = 0;              // unused and still in the file
  bool by_rewriting_only = false;     // the file is of a sort that is made smaller by rewriting it as a whole
};

}  // namespace reeve::store
