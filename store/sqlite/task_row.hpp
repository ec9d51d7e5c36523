// A task as rows: which columns are read in which order, and how they become a Task.
#pragma once

#include <string>

#include "store/sqlite/connection.hpp"
#include "store/task.hpp"

namespace reeve::store::sqlite {

// What changes: reeve_task t. 35 columns.
#define REEVE_TASK_COLUMNS                                                                                                              \
  "t.id, t.kind, t.queue, t.priority, t.status, t.attempt, t.max_attempts, t.crashes, t.max_crashes, t.interruptions, t.snoozes, "      \
  "t.generation, t.epoch, t.runner, t.lease_expires_at, t.created_at, t.run_at, t.claimed_at, t.started_at, t.finished_at, "            \
  "t.last_seen_at, t.stale_at, t.stale_reason, t.cancel_requested_at, t.cancel_reason, t.expires_at, t.external_id, "         \
  "t.concurrency, t.key_limit, t.supersede, t.order_key, t.superseded_by, t.block, t.fair_key, t.batch"
// What it was enqueued with: reeve_payload p.
#define REEVE_SIDE_COLUMNS "p.overrides, p.labels, p.dedupe_key, p.dedupe_scope, p.traceparent, p.created_by, p.parent, p.rerun_of, p.on_conflict, p.dedupe_window, p.schedule, p.tick"
#define REEVE_PAYLOAD_COLUMNS "p.payload, p.metadata"
// Its last error: reeve_error e; an attempt's error has the same columns.
#define REEVE_ERROR_COLUMNS "e.code, e.message, e.detail, e.exit_code, e.signal, e.core, e.oom, e.stderr_tail, e.fingerprint"
#define REEVE_PROGRESS_COLUMNS "g.percent, g.current, g.total, g.label, g.meta, g.at"

// What the row says of the task's parts beside it: where there is something to look for.
struct HotTask : Task {
  std::int64_t steps = 0;    // how many steps and waits it has
  bool timers = false;       // it set some
  bool awaited = false;      // another task waits for it
  bool followed = false;     // another task comes after it
};
#define REEVE_PARTS_COLUMNS "t.steps, t.timers, t.awaited, t.followed"

void read_task(Row& row, Task& task);
void read_side(Row& row, Task& task);
void read_payload(Row& row, Task& task);
void read_error(Row& row, std::optional<TaskError>& error);
void read_progress(Row& row, Task& task);

// One task, or nullopt. `hot` is what changes; `whole` is everything.
[[nodiscard]] std::optional<HotTask> load_hot(Connection& db, TaskId id);
[[nodiscard]] std::optional<Task> load_whole(Connection& db, TaskId id);
// Result, error and progress: nothing to look for while a task was never claimed.
void load_history(Connection& db, Task& task);

[[nodiscard]] std::optional<std::string> labels_text(const Labels& labels);
[[nodiscard]] Labels parse_labels(std::string_view text);

}  // namespace reeve::store::sqlite
