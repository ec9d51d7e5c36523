// What an operator does with a task that has ended: once more, the same again as another task, or away with it.
#include "store/event_data.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

RetryResult SqliteTasks::retry(TaskId id, std::string_view actor, Timestamp now, const std::optional<std::string>& payload) {
  session_.require_batch();
  std::optional<Task> task = load_whole(session_.db, id);
  if (!task) return RetryResult::not_found;
  if (task->status == Status::succeeded) return RetryResult::succeeded_already;
  if (!is_terminal(task->status)) return RetryResult::not_terminal;
  const Status from = task->status;
  std::optional<std::string> token = dedupe_token(task->kind, task->dedupe);
  const std::optional<TaskId> standing = token ? stands_for(*token, now) : std::nullopt;
  const bool taken = standing && *standing != id;
  if (taken || (task->dedupe && task->dedupe->window)) token.reset();  // a window goes on by itself
  const Event event = reopen(*task, !taken, payload, actor, now);
  ends_.reopened(id);
  const bool held = after_.look_again(id);
  const std::int64_t place = held ? 0 : lines_.enter(*task);
  const int block = held ? block_of_held(keys_, *task) : keys_.block_of(*task, Hold::ready, place);
  {
    Query row = session_.db.query(
        "UPDATE reeve_task SET status = 'queued', hold = 0, block = ?, fair = ?, run_at = ?, attempt = 0, crashes = 0, interruptions = 0, snoozes = 0, "
        "generation = ?, started_at = NULL, finished_at = NULL, expires_at = NULL, cancel_requested_at = NULL, cancel_reason = NULL, superseded_by = NULL, "
        "fingerprint = NULL, dedupe = ? "
        "WHERE id = ?");
    row.bind(block, place, now, task->generation, token, id).run();
  }
  if (payload) session_.db.query("UPDATE reeve_payload SET payload = ? WHERE task = ?").bind(task->payload, id).run();
  session_.db.query("DELETE FROM reeve_error WHERE task = ? AND epoch = 0").bind(id).run();
  session_.db.query("DELETE FROM reeve_progress WHERE task = ?").bind(id).run();
  if (taken) give_up_dedupe(id);
  keys_.came_back(*task);
  session_.append(event);
  session_.counts.moved(*task, from);
  return RetryResult::requeued;
}

void SqliteTasks::give_up_dedupe(TaskId id) {
  session_.db.query("UPDATE reeve_payload SET dedupe_key = NULL, dedupe_scope = NULL, dedupe_window = NULL WHERE task = ?").bind(id).run();
  session_.db.query("DELETE FROM reeve_dedupe WHERE task = ?").bind(id).run();
}

RerunAnswer SqliteTasks::rerun(const RerunRequest& request, Timestamp now) {
  session_.require_batch();
  EnqueueRequest enqueue_again;
  enqueue_again.request_key = request.request_key;
  enqueue_again.fingerprint = request.fingerprint;
  if (const auto answer = replay(enqueue_again)) return rerun_answer(*answer);
  const std::optional<Task> ended = load_whole(session_.db, request.task);
  if (!ended) return {RerunResult::not_found, {}, {}, false};
  if (!is_terminal(ended->status)) return {RerunResult::not_terminal, {}, {}, false};
  enqueue_again.tasks.push_back(again(*ended, request));
  return rerun_answer(enqueue(enqueue_again, now));
}

RemoveResult SqliteTasks::remove(TaskId id, std::string_view actor, Timestamp now) {
  session_.require_batch();
  const std::optional<Task> task = load_hot(session_.db, id);
  if (!task) return RemoveResult::not_found;
  if (!is_terminal(task->status)) return RemoveResult::not_terminal;
  session_.keep_numbers();
  session_.db.query("DELETE FROM reeve_event WHERE task = ?").bind(id).run();
  session_.db.query("DELETE FROM reeve_task WHERE id = ?").bind(id).run();  // the rest goes with it
  Event event = event_about(*task, "task.deleted", actor, now);
  event.epoch = 0;
  event.data = event_data::removed(task->status);
  session_.append(event);
  session_.counts.add(*task, task->status, -1);
  return RemoveResult::removed;
}

}  // namespace reeve::store::sqlite
