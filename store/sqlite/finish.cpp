#include "store/composition.hpp"
#include "store/event_data.hpp"
#include "store/fingerprint.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

Finished SqliteTasks::finish(const Finish& finish, Timestamp now) {
  session_.require_batch();
  std::optional<HotTask> task = load_hot(session_.db, finish.claim.task);
  if (!task) return {};
  if (!holds(*task, finish.claim)) return {false, task->status, {}};
  Finished finished = end(*task, finish, now);
  finished.let_go |= settle(now).let_go;
  return finished;
}

Finished SqliteTasks::end(HotTask& task, const Finish& finish, Timestamp now) {
  if (const auto started = begin_run_at_end(task, finish)) {
    session_.append(*started);
    session_.counts.moved(task, Status::claimed);
  }
  const Status from = task.status;
  Ended ended = end_attempt(task, finish, now);
  write_ended(task, now);
  write_attempt(finish, now);
  session_.append(ended.event);
  session_.counts.moved(task, from);
  if (task.status == Status::waiting && waits_.resume_if_nothing_is_left(task, now)) {
    ended.answer.status = task.status;
    ended.answer.retry_at = task.run_at;
  }
  ended.answer.let_go = keys_.left(task);
  if (!is_terminal(task.status)) return ended.answer;
  const bool forget = task.status == Status::succeeded && !finish.keep_steps;
  ended.answer.woke_others = waits_.task_ended(task, forget ? Waits::Completed::forgotten : Waits::Completed::kept, now);
  ends_.ended(task);
  if (task.status == Status::succeeded) ended.answer.staged = enqueue_staged(task, finish.staged, now);
  return ended.answer;
}

// One by one: what cannot be stored must not take the completion with it. That it was not is told by an event of the parent.
std::vector<Enqueued> SqliteTasks::enqueue_staged(const Task& parent, const std::vector<NewTask>& staged, Timestamp now) {
  std::vector<Enqueued> stored;
  for (const NewTask& task : staged) {
    EnqueueRequest one;
    one.tasks.push_back(alone(task, stored));
    const EnqueueAnswer answer = admit(one, now);
    if (const auto* done = std::get_if<EnqueueDone>(&answer)) {
      stored.push_back(done->tasks.at(0));
      continue;
    }
    const auto& refused = std::get<EnqueueRefused>(answer);
    Event event = event_about(parent, "task.enqueue_refused", "runner", now);
    event.data = event_data::staged_refused(task, name(refused.reason));
    session_.append(event);
    stored.push_back({refused.holder, EnqueueDisposition::reused, false, {}, {}});
  }
  return stored;
}

// What end_attempt() changed. The indexes of ready and held tasks are only touched when the task is queued again.
void SqliteTasks::write_ended(const Task& task, Timestamp now) {
  std::optional<std::string_view> fingerprint;   // of the new error; otherwise there is an older one, or none
  if (task.error) fingerprint = task.error->fingerprint;
  if (task.status == Status::queued) {
    const Hold hold = hold_of(task, now);
    const std::int64_t place = hold == Hold::ready ? lines_.enter(task) : 0;
    const int block = keys_.block_of(task, hold, place);
    Query row = session_.db.query(
        "UPDATE reeve_task SET status = 'queued', hold = ?, block = ?, fair = ?, run_at = ?, attempt = ?, crashes = ?, interruptions = ?, snoozes = ?, "
        "runner = 0, lease_expires_at = NULL, started_at = ?, stale_at = NULL, stale_reason = NULL, fingerprint = coalesce(?, fingerprint) WHERE id = ?");
    row.bind(static_cast<int>(hold), block, place, task.run_at, task.attempt, task.crashes, task.interruptions, task.snoozes, task.started_at,
             fingerprint, task.id);
    row.run();
  } else if (task.status == Status::waiting) {
    Query row = session_.db.query(
        "UPDATE reeve_task SET status = 'waiting', attempt = ?, runner = 0, lease_expires_at = NULL, started_at = ?, stale_at = NULL, "
        "stale_reason = NULL WHERE id = ?");
    row.bind(task.attempt, task.started_at, task.id).run();
  } else {
    Query row = session_.db.query(
        "UPDATE reeve_task SET status = ?, attempt = ?, crashes = ?, runner = 0, lease_expires_at = NULL, started_at = ?, finished_at = ?, "
        "stale_at = NULL, stale_reason = NULL, dedupe = NULL, fingerprint = coalesce(?, fingerprint) WHERE id = ?");
    row.bind(name(task.status), task.attempt, task.crashes, task.started_at, task.finished_at, fingerprint, task.id).run();
  }
  if (task.result) {
    Query row = session_.db.query("INSERT OR REPLACE INTO reeve_result (task, result) VALUES (?, ?)");
    row.bind(task.id, *task.result).run();
  }
  if (task.error) write_error(session_.db, task.id, 0, *task.error);
  if (!task.last_seen_at) return;  // no progress was ever reported
  const char* sql = task.status == Status::queued      ? "DELETE FROM reeve_progress WHERE task = ?"
                    : task.status == Status::succeeded ? "UPDATE reeve_progress SET percent = 100 WHERE task = ?"
                                                       : nullptr;
  if (sql) session_.db.query(sql).bind(task.id).run();
}

void SqliteTasks::write_attempt(const Finish& finish, Timestamp now) {
  Query row = session_.db.query(
      "UPDATE reeve_attempt SET finished_at = ?, outcome = ?, exit_code = ?, cpu_user_ms = ?, cpu_system_ms = ?, max_rss_kib = ?, "
      "read_bytes = ?, write_bytes = ?, output_bytes = ?, dropped_bytes = ?, left_children = ?, pid = coalesce(nullif(?, 0), pid), "
      "executor = iif(started_at IS NULL, ?, executor), started_at = coalesce(started_at, ?) WHERE task = ? AND epoch = ?");
  const ResourceUse& use = finish.use;
  row.bind(now, name(finish.outcome), finish.exit_code, use.cpu_user_ms, use.cpu_system_ms, use.max_rss_kib, use.read_bytes, use.write_bytes,
           use.output_bytes, use.dropped_bytes, finish.left_children, finish.pid, or_null(finish.executor), finish.started_at, finish.claim.task,
           finish.claim.epoch);
  row.run();
  if (finish.error) write_error(session_.db, finish.claim.task, finish.claim.epoch, with_fingerprint(*finish.error));
}

void write_error(Connection& db, TaskId task, std::int64_t epoch, const TaskError& error) {
  Query row = db.query(
      "INSERT OR REPLACE INTO reeve_error (task, epoch, code, message, detail, exit_code, signal, core, oom, stderr_tail, fingerprint) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(task, epoch, error.code, error.message, or_null(error.detail), error.exit_code, error.signal, error.core, error.oom,
           or_null(error.stderr_tail), or_null(error.fingerprint));
  row.run();
}

}  // namespace reeve::store::sqlite
