// What a task is: the plain values that the store keeps and everybody else reads.
//
// Domain data are structs, moved and compared, never shared. Ids are strong types. Payload, result, metadata and meta are bytes that hold
// JSON; nobody between the edge and the handler parses them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/time.hpp"

namespace reeve::store {

// The number of a task. Strictly increasing, never reused.
enum class TaskId : std::int64_t {};
// The number of a batch of tasks (store/batches.hpp). Strictly increasing, never reused.
enum class BatchId : std::int64_t {};
// Position in the event log: the sequence number of the last event seen. 0 is before the first event.
enum class Cursor : std::int64_t {};

[[nodiscard]] constexpr std::int64_t number(TaskId id) { return static_cast<std::int64_t>(id); }
[[nodiscard]] constexpr std::int64_t number(BatchId id) { return static_cast<std::int64_t>(id); }
[[nodiscard]] constexpr std::int64_t number(Cursor cursor) { return static_cast<std::int64_t>(cursor); }

using Labels = std::map<std::string, std::string, std::less<>>;

// Persisted. The legal moves between them are in store/transitions.hpp.
enum class Status { queued, claimed, running, waiting, succeeded, failed, cancelled };

// Derived from a task and the moment it is looked at; what people see. See state_of().
enum class State { scheduled, queued, blocked, retrying, claimed, running, stale, cancelling, waiting, succeeded, failed, cancelled };

// How one attempt ended.
enum class Outcome {
  succeeded, failed, rejected, crashed, oom_killed, timed_out, stalled, cancelled, interrupted, lost, snoozed, suspended, spawn_failed,
  invalid, protocol_error
};

// The word used in SQL, YAML, JSON, CLI and logs; parse_* is its inverse.
[[nodiscard]] std::string_view name(Status status);
[[nodiscard]] std::string_view name(State state);
[[nodiscard]] std::string_view name(Outcome outcome);
[[nodiscard]] std::optional<Status> parse_status(std::string_view word);
[[nodiscard]] std::optional<State> parse_state(std::string_view word);
[[nodiscard]] std::optional<Outcome> parse_outcome(std::string_view word);

[[nodiscard]] constexpr bool is_terminal(Status status) {
  return status == Status::succeeded || status == Status::failed || status == Status::cancelled;
}

// Why an attempt did not succeed. `code` is a stable word (the handler's own, or ours: exit, signal, timeout, spawn_failed, ...).
struct TaskError {
  std::string code{};
  std::string message{};
  std::string detail{};                // JSON bytes or empty
  std::optional<int> exit_code{};
  std::optional<int> signal{};
  bool core = false;
  bool oom = false;
  std::string stderr_tail{};           // the last lines of stderr, valid UTF-8, at most 4 KiB
  std::string fingerprint{};           // the same for the same fault (store/fingerprint.hpp); filled in by the store when it is recorded
  bool operator==(const TaskError&) const = default;
};

// Latest wins; `percent` never falls within an attempt.
struct Progress {
  double percent = 0;                  // 0..100
  std::optional<double> current{};
  std::optional<double> total{};
  std::string label{};
  std::string meta{};                  // JSON bytes or empty
  bool operator==(const Progress&) const = default;
};

// Whom a key concerns: the tasks of its kind, or all.
enum class KeyScope { kind, global };
[[nodiscard]] std::string_view name(KeyScope scope);
[[nodiscard]] std::optional<KeyScope> parse_key_scope(std::string_view word);

// As a window of Dedupe: as long as the task is stored.
inline constexpr Millis for_ever = Millis::max();

// Deduplication of enqueues: an equal task that still stands for its key is returned instead of a new one.
struct Dedupe {
  std::string key{};
  KeyScope scope = KeyScope::kind;
  std::optional<Millis> window{};      // how long the task stands for the key, from its enqueue; nullopt: while it is not terminal
  bool operator==(const Dedupe&) const = default;
};

// What becomes of a new task when others with its concurrency key are open; see docs/guides/keys.md.
enum class OnConflict { queue, reject, skip, queue_latest, supersede };
[[nodiscard]] std::string_view name(OnConflict policy);
[[nodiscard]] std::optional<OnConflict> parse_on_conflict(std::string_view word);

// At most `limit` bodies with the key at once. Each task's own limit counts for its own start.
struct Concurrency {
  std::string key{};
  int limit = 1;
  KeyScope scope = KeyScope::global;
  OnConflict on_conflict = OnConflict::queue;
  bool operator==(const Concurrency&) const = default;
};

// A task that comes after others starts when each of them has ended: `success`: as it should (else it is cancelled); `finished`: in any way.
enum class AfterPolicy { success, finished };
[[nodiscard]] std::string_view name(AfterPolicy policy);
[[nodiscard]] std::optional<AfterPolicy> parse_after_policy(std::string_view word);

// One that a new task comes after, told in one of three ways: by number, by its external id, or by its place in the same request (it must come
// before). Names are looked up in the transaction that stores the task.
struct AfterTask {
  TaskId task{};
  std::string external_id{};
  std::optional<std::size_t> item{};
  bool operator==(const AfterTask&) const = default;
};

// One task to be stored. The caller has already filled in the handler's defaults and checked names, sizes and JSON.
struct NewTask {
  std::string kind{};
  std::string queue{};
  int priority = 4;                    // 0..9, 9 first
  std::string payload = "null";
  std::string metadata{};              // JSON bytes or empty
  std::optional<Timestamp> run_at{};   // now when absent
  int max_attempts = 5;
  int max_crashes = 3;
  std::string overrides{};             // JSON object or empty: the enqueuer's own command, retry policy, timeout; read by handlers/
  Labels labels{};
  std::optional<std::string> external_id{};
  std::optional<Dedupe> dedupe{};
  std::optional<Timestamp> expires_at{};
  std::string traceparent{};
  std::string created_by{};            // "uid:1000", "task:12", ...
  std::optional<TaskId> parent{};
  std::optional<TaskId> rerun_of{};
  std::optional<Concurrency> concurrency{};
  std::string supersede_key{};         // open tasks of the kind with this key end when it is stored; empty: none
  std::string order_key{};             // bodies of the key start in the order of their ids and never overlap; empty: none
  std::string fair_key{};              // the tenant it belongs to; empty: none
  std::string schedule{};              // whose tick it is
  std::optional<Timestamp> tick{};
  std::vector<AfterTask> after{};      // at most after_max; the same one twice counts once
  AfterPolicy after_policy = AfterPolicy::success;
  std::optional<BatchId> batch{};
};

struct Task {
  TaskId id{};
  std::string kind{};
  std::string queue{};
  int priority = 4;
  Status status = Status::queued;
  std::string payload{};
  std::string metadata{};
  std::string overrides{};
  std::optional<std::string> result{}; // JSON bytes, exactly as the handler gave them
  std::optional<TaskError> error{};    // of the last failed attempt
  std::optional<Progress> progress{};
  std::optional<Timestamp> progress_at{};
  Labels labels{};
  std::optional<std::string> external_id{};
  std::optional<Dedupe> dedupe{};
  std::string traceparent{};
  std::string created_by{};
  std::optional<TaskId> parent{};
  std::optional<TaskId> rerun_of{};
  int attempt = 0;                     // handler tries, the present one included; crashes and interruptions give theirs back
  int max_attempts = 5;
  int crashes = 0;
  int max_crashes = 3;
  int interruptions = 0;
  int snoozes = 0;
  int generation = 1;                  // +1 each time an operator retries a terminal task
  std::int64_t epoch = 0;              // +1 at each claim: the fencing token
  std::int64_t runner = 0;             // while claimed or running; 0 otherwise
  std::optional<Timestamp> lease_expires_at{};
  Timestamp created_at{};
  Timestamp run_at{};                  // earliest start; the retry time once it has failed
  std::optional<Timestamp> claimed_at{};
  std::optional<Timestamp> started_at{};       // of the first attempt that started
  std::optional<Timestamp> finished_at{};
  std::optional<Timestamp> last_seen_at{};     // last sign of life of the handler that was stored
  std::optional<Timestamp> stale_at{};
  std::string stale_reason{};
  std::optional<Timestamp> cancel_requested_at{};
  std::string cancel_reason{};
  std::optional<Timestamp> expires_at{};
  std::optional<Concurrency> concurrency{};
  std::string supersede_key{};
  std::string order_key{};
  std::optional<TaskId> superseded_by{};       // it was cancelled, or asked to stop, in favour of this one
  int block = 0;                       // queued: the sum of what holds it back beside time; see Block in store/life.hpp
  std::string fair_key{};              // tenants of a queue take turns; empty: none
  std::string schedule{};              // whose tick it is
  std::optional<Timestamp> tick{};
  std::optional<BatchId> batch{};      // it is counted in
};

// What people see. `now` decides between scheduled/retrying and queued. `paused`: Paused::holds(). `blocked`: that, or any bit of `block` but
// the pause's.
[[nodiscard]] State state_of(const Task& task, Timestamp now, bool paused);

// CPU, memory and I/O of one attempt, as the kernel told them; absent where it did not.
struct ResourceUse {
  std::int64_t cpu_user_ms = 0;
  std::int64_t cpu_system_ms = 0;
  std::int64_t max_rss_kib = 0;
  std::int64_t read_bytes = 0;
  std::int64_t write_bytes = 0;
  std::int64_t output_bytes = 0;       // stdout and stderr together, before any cap
  std::int64_t dropped_bytes = 0;      // what the cap took away
  bool operator==(const ResourceUse&) const = default;
};

// One try at a task. Keyed by (task, epoch).
struct Attempt {
  TaskId task{};
  std::int64_t epoch = 0;
  int number = 0;                      // Task::attempt at the claim
  int generation = 1;
  std::int64_t runner = 0;
  std::string executor{};
  std::int64_t pid = 0;                // 0 until started, or when there is no process
  Timestamp claimed_at{};
  std::optional<Timestamp> started_at{};
  std::optional<Timestamp> finished_at{};
  std::optional<Outcome> outcome{};
  std::optional<TaskError> error{};
  std::optional<int> exit_code{};
  ResourceUse use{};
  int left_children = 0;               // processes the attempt left behind and that were killed
};

// One row of the event log.
struct Event {
  Cursor seq{};
  Timestamp at{};
  std::string type{};                  // "task.succeeded", "queue.paused", ...
  std::optional<TaskId> task{};
  std::string kind{};
  std::string queue{};
  std::int64_t epoch = 0;              // of the attempt concerned; 0 when none
  std::int64_t runner = 0;
  std::string actor{};                 // who caused it: "uid:0", "runner", "handler"
  std::string data{};                  // JSON object bytes or empty
};

enum class LogStream { stdout_, stderr_, entry };
[[nodiscard]] std::string_view name(LogStream stream);

// One line of a task's log, in the order the handler produced it.
struct LogLine {
  std::int64_t seq = 0;                // assigned by the store; order of the task log and its cursor
  TaskId task{};
  std::int64_t epoch = 0;
  Timestamp at{};
  LogStream stream = LogStream::stdout_;
  std::string level{};                 // debug info warn error
  std::string message{};               // bytes; not necessarily UTF-8
  std::string meta{};                  // JSON bytes or empty
};

}  // namespace reeve::store
