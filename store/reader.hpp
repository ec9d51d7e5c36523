// Reading a store: lists, pages, logs, events, counts. Off the write path and never in its way.
//
// A Reader is used by one thread at a time and may block. Each call sees one committed state. Pages are by key (never by offset): a page
// costs the same wherever it lies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/batches.hpp"
#include "store/door.hpp"
#include "store/pauses.hpp"
#include "store/retention.hpp"
#include "store/schedules.hpp"
#include "store/step.hpp"
#include "store/task.hpp"

namespace reeve::store {

// Which tasks. Empty fields do not restrict; all that are given must hold.
struct Selector {
  std::vector<TaskId> ids{};
  std::optional<std::pair<TaskId, TaskId>> range{};  // both ends included
  std::vector<std::string> kinds{};
  std::vector<std::string> queues{};
  std::vector<State> states{};                       // derived states, as people say them
  Labels labels{};
  std::optional<Timestamp> since{};                  // created at or after
  std::optional<Timestamp> until{};                  // created before
  std::optional<BatchId> batch{};
  std::vector<std::string> fingerprints{};           // of the last error
  std::vector<std::string> concurrency_keys{};       // of any scope
  std::vector<std::string> dedupe_keys{};            // the same; a task keeps its key when it has ended
  std::vector<std::string> supersede_keys{};
  std::vector<std::string> order_keys{};
};

// A page ends before its limit when what was put into it from outside (payloads, results, log lines, inputs, outputs) comes to so many bytes: no
// client makes the daemon large by asking. The first row of a page always fits.
inline constexpr std::size_t page_bytes_max = 8U << 20;

enum class Order { newest_first, oldest_first };

struct ListQuery {
  Selector selector{};
  Order order = Order::newest_first;
  std::optional<TaskId> after{};                     // the last id of the previous page
  int limit = 50;
  bool with_payload = false;                         // payload, result and metadata are left empty otherwise
};

struct TaskPage {
  std::vector<Task> tasks{};
  bool more = false;
};

// Failed tasks that have an error, those of one fault and kind together. Empty fields do not restrict.
struct FailureQuery {
  std::vector<std::string> kinds{};
  std::vector<std::string> queues{};
  std::optional<Timestamp> since{};                  // failed at or after
  int limit = 50;
};

struct FailureGroup {
  std::string fingerprint{};
  std::string kind{};
  std::string code{};                                // of the newest task, as is the message
  std::string message{};
  std::string last_words{};                          // of the newest one; see store/fingerprint.hpp
  std::int64_t count = 0;
  Timestamp first{};                                 // when the first and the last of them failed
  Timestamp last{};
  TaskId newest{};                                   // the one that failed last; of several the one with the highest id
};

inline constexpr int failure_groups_max = 1'000;

struct FailurePage {
  std::vector<FailureGroup> groups{};                // the one with the newest failure first; then by fingerprint and kind
  bool more = false;
};

struct EventQuery {
  Cursor after{};                                    // strictly after
  int limit = 500;
  std::vector<std::string> types{};                  // exact, or a prefix that ends in '*'
  std::vector<std::string> kinds{};
  std::vector<std::string> queues{};
  std::optional<TaskId> task{};
};

struct EventPage {
  std::vector<Event> events{};
  Cursor last{};                                     // resume after this: the last event looked at, matching or not
  bool more = false;
};

struct LogQuery {
  TaskId task{};
  std::int64_t after = 0;                            // LogLine::seq, strictly after
  std::optional<std::int64_t> epoch{};               // one attempt only
  std::optional<int> last{};                         // only the newest n of the matching lines, oldest first
  int limit = 1000;
};

struct StepQuery {
  TaskId task{};
  std::int64_t after = 0;                            // StepPage::next of the page before
  std::optional<int> last{};                         // only the newest n, oldest first
  int limit = 200;
};

struct StepPage {
  std::vector<Step> steps{};                         // in the order in which they were first begun
  bool more = false;
  std::int64_t next = 0;
};

struct SignalQuery {
  TaskId task{};
  bool unconsumed_only = false;
  std::int64_t after = 0;                            // Signal::id, strictly after
  int limit = 200;
};

struct SignalPage {
  std::vector<Signal> signals{};                     // oldest first
  bool more = false;
};

struct LogPage {
  std::vector<LogLine> lines{};
  bool more = false;
  std::int64_t let_go = 0;                           // lines up to this number are gone by retention
};

// How many tasks are where. Kept with every transition, not counted when asked.
struct CountRow {
  std::string queue{};
  std::string kind{};
  Status status{};
  std::int64_t count = 0;
};

// How far a rate is used up: see Bucket (store/rate.hpp).
struct RateRow {
  enum class Of { queue, kind, key };
  Of of{};
  std::string name{};                                // of a key: key_rate_name() (store/life.hpp)
  std::int64_t full_at = 0;                          // microseconds of UTC
};

struct RunnerRow {
  std::int64_t id = 0;
  std::string name{};
  std::string boot_id{};
  std::string incarnation{};
  std::int64_t pid = 0;
  Timestamp started_at{};
  std::optional<Timestamp> stopped_at{};
};

// A configuration that came into force.
struct Revision {
  std::int64_t number = 0;
  Timestamp at{};
  std::string source{};                              // start, reload, apply, rollback
  std::string actor{};                               // "uid:0", "signal", "start"
  std::string comment{};
  std::string hash{};                                // of the text
  std::string text{};                                // bytes; what they mean is not the store's business
  bool operator==(const Revision&) const = default;
};

// Where a queued task stands. Counting stops at `limit` so that the answer stays cheap.
struct Position {
  std::int64_t ahead = 0;                            // due tasks of its queue that would be claimed before it, were nothing to age
  bool at_least = false;                             // counting stopped
  std::map<std::string, std::int64_t> kinds{};       // those ahead, by kind
};

// A task that has a key, or a place in a line, which another wants.
struct KeyHolder {
  TaskId task{};
  Status status{};
  Timestamp since{};                                 // of its claim; of its enqueue when it was never claimed
  Timestamp run_at{};
  bool operator==(const KeyHolder&) const = default;
};

// How many stand before a task. Counting stops as in Position.
struct Waiting {
  std::int64_t ahead = 0;
  bool at_least = false;
};

inline constexpr std::size_t key_holders_max = 10;

struct KeyHold {
  int taken = 0;                                     // claimed and running tasks with its concurrency key
  std::vector<KeyHolder> holders{};                  // the longest first, at most key_holders_max
  Waiting waiting{};                                 // due tasks with the key that go first
};

struct LineHold {
  std::optional<KeyHolder> first{};                  // what its line waits for: one that runs, else the oldest that is open
  Waiting waiting{};                                 // open tasks of the line before it
};

// What the keys of a queued task have to do with others; `line` only while it is not its turn.
struct KeyHolds {
  std::optional<KeyHold> key{};
  std::optional<LineHold> line{};
};

// Durations over the newest attempts of a kind, for percentiles and forecasts.
struct KindTimings {
  std::int64_t samples = 0;
  double start_p50_ms = 0, start_p95_ms = 0, start_p99_ms = 0;        // due -> started
  double run_p50_ms = 0, run_p95_ms = 0, run_p99_ms = 0;              // started -> finished
  double cpu_p50_ms = 0, cpu_p95_ms = 0;                              // user + system
  double rss_p50_kib = 0, rss_p95_kib = 0;
};

// Facts about the store itself, for status and doctor.
struct StoreFacts {
  std::string engine{};        // "sqlite 3.40.1", "memory"
  std::string location{};      // path, or empty
  std::string durability{};    // "full" or "relaxed"
  std::int64_t schema = 0;
  std::int64_t file_bytes = 0;
  std::int64_t wal_bytes = 0;
  std::int64_t inbox_waiting = 0;       // rows in the inbox; counting stops at 10,000
  std::int64_t inbox_refused = 0;       // rows that were set aside; the same
  std::vector<std::string> warnings{};  // sentences about what is not safe: relaxed durability, memory only
  std::vector<std::string> notes{};     // sentences worth knowing: known defects of the library that the store works around
};

// What the store is made of, counted when asked. May take long.
struct StoreAnatomy {
  struct Table {
    std::string name{};
    std::int64_t rows = 0;
    std::int64_t bytes = 0;                          // without its indexes; 0 when the store cannot tell
  };
  struct Index {
    std::string name{};
    std::string table{};
    std::int64_t bytes = 0;
  };
  StoreFacts facts{};
  std::vector<CountRow> counts{};
  std::vector<Table> tables{};                       // by name
  std::vector<Index> indexes{};                      // by name
  std::int64_t free_bytes = 0;                       // in the file and unused
  bool gives_space_back = true;                      // false: only a rewrite makes the file smaller
  std::int64_t log_bytes = 0;                        // of all logs, as retention counts them
  std::optional<Timestamp> oldest_task{};            // created
  std::optional<Timestamp> newest_task{};
  std::optional<Timestamp> oldest_end{};             // of a task that is kept
  std::optional<Timestamp> oldest_event{};
  std::optional<Timestamp> newest_event{};
};

class Reader {
 public:
  virtual ~Reader() = default;

  virtual std::optional<Task> get(TaskId id) = 0;
  virtual std::optional<TaskId> find_external(std::string_view external_id) = 0;
  // `now` decides the derived states.
  virtual TaskPage list(const ListQuery& query, Timestamp now) = 0;
  // Costs as much as there are failed tasks, whatever else is stored.
  virtual FailurePage failures(const FailureQuery& query) = 0;
  virtual std::vector<Attempt> attempts(TaskId id) = 0;                    // oldest first
  virtual LogPage log(const LogQuery& query) = 0;
  virtual StepPage steps(const StepQuery& query) = 0;
  virtual std::vector<Step> pending_waits(TaskId id) = 0;                  // what a suspended task waits for, the one first begun first
  virtual std::vector<StepTry> step_tries(TaskId id) = 0;                  // oldest first
  virtual SignalPage signals(const SignalQuery& query) = 0;
  virtual std::vector<Timer> timers(TaskId id) = 0;                        // by moment
  virtual std::vector<StepTimings> step_timings(std::string_view kind, int newest) = 0;  // by name, over the newest completed tries
  virtual EventPage events(const EventQuery& query) = 0;
  virtual Cursor last_event() = 0;
  // The first event still kept; a cursor before it has lost events to retention.
  virtual Cursor first_event() = 0;
  virtual std::vector<CountRow> counts() = 0;
  virtual Paused pauses() = 0;
  virtual std::vector<RateRow> rates() = 0;                                // queues, then kinds, by name; without keys
  virtual std::optional<RateRow> key_rate(std::string_view kind, std::string_view token) = 0;   // nullopt: the bucket is full
  virtual std::vector<ScheduleRow> schedules() = 0;                        // by name
  virtual std::vector<RunnerRow> runners(int limit) = 0;                   // newest first
  virtual std::vector<Revision> revisions(std::optional<std::int64_t> before, int limit) = 0;  // newest first, without text
  virtual std::optional<Revision> revision(std::int64_t number) = 0;
  virtual Position position(TaskId id, Timestamp now, std::int64_t limit) = 0;
  virtual KeyHolds key_holds(TaskId id, Timestamp now, std::int64_t limit) = 0;
  virtual Dependencies dependencies(TaskId id) = 0;
  virtual std::optional<Batch> batch(BatchId id) = 0;
  virtual BatchPage batches(const BatchQuery& query) = 0;
  virtual KindTimings timings(std::string_view kind, int newest) = 0;
  virtual StoreFacts facts() = 0;
  virtual std::vector<RefusedRow> refused(int limit) = 0;                  // rows of the door that were set aside, newest first
  virtual StoreAnatomy anatomy() = 0;
  // What Maintenance::retain() would let go at `now` if it were called until nothing is left; events that such a pass appends are not counted,
  // nor whole tasks that go because of the store's size: `over_bytes` says how much it is too large before anything goes. May take long.
  virtual RetentionReport would_let_go(const RetentionPolicy& policy, Timestamp now) = 0;
  // Looks for damage and broken invariants; empty when sound. Each entry is a sentence. May take long.
  virtual std::vector<std::string> check() = 0;
  // Writes a consistent copy to a path that must not exist yet (mode 0600). Throws StoreError.
  virtual void backup(const std::string& path) = 0;
};

}  // namespace reeve::store
