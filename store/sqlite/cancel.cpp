#include "store/event_data.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

CancelAnswer SqliteTasks::cancel(TaskId id, std::string_view reason, std::string_view actor, Timestamp now) {
  session_.require_batch();
  std::optional<HotTask> task = load_hot(session_.db, id);
  if (!task) return {CancelResult::not_found, Status::cancelled, {}};
  if (is_terminal(task->status)) return {CancelResult::already_terminal, task->status, {}};
  if (task->status == Status::queued || task->status == Status::waiting) {
    cancel_queued(*task, "cancelled", reason, actor, now);
    settle(now);
    return {CancelResult::cancelled, Status::cancelled, {}};
  }
  const ClaimKey running{task->id, task->epoch};
  if (task->cancel_requested_at) return {CancelResult::already_requested, task->status, running};
  {
    Query row = session_.db.query("UPDATE reeve_task SET cancel_requested_at = ?, cancel_reason = ? WHERE id = ?");
    row.bind(now, or_null(reason), id).run();
  }
  Event event = event_about(*task, "task.cancel_requested", actor, now);
  event.data = event_data::reason(reason);
  session_.append(event);
  return {CancelResult::requested, task->status, running};
}

void SqliteTasks::cancel_queued(HotTask& task, std::string_view code, std::string_view reason, std::string_view actor, Timestamp now) {
  const Status from = task.status;
  const Event event = cancel_before_start(task, code, reason, actor, now);
  {
    Query row = session_.db.query(
        "UPDATE reeve_task SET status = 'cancelled', hold = NULL, block = 0, paused_by = NULL, finished_at = ?, cancel_reason = ?, dedupe = NULL, fingerprint = ? "
        "WHERE id = ?");
    row.bind(now, or_null(reason), task.error->fingerprint, task.id).run();
  }
  if (from == Status::queued) lines_.left(task);
  write_error(session_.db, task.id, 0, *task.error);
  session_.append(event);
  session_.counts.moved(task, from);
  (void)keys_.left(task);
  waits_.task_ended(task, Waits::Completed::kept, now);
  ends_.ended(task);
}

}  // namespace reeve::store::sqlite
