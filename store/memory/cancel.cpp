#include "store/event_data.hpp"
#include "store/memory/lines.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

CancelAnswer MemoryTasks::cancel(TaskId id, std::string_view reason, std::string_view actor, Timestamp now) {
  state_.require_batch();
  Task* task = state_.find(id);
  if (!task) return {CancelResult::not_found, Status::cancelled, {}};
  if (is_terminal(task->status)) return {CancelResult::already_terminal, task->status, {}};
  if (task->status == Status::queued || task->status == Status::waiting) {
    cancel_queued(*task, "cancelled", reason, actor, now);
    settle(now);
    return {CancelResult::cancelled, Status::cancelled, {}};
  }
  const ClaimKey running{task->id, task->epoch};
  if (task->cancel_requested_at) return {CancelResult::already_requested, task->status, running};
  state_.edit(*task);
  task->cancel_requested_at = now;
  task->cancel_reason = reason;
  Event event = event_about(*task, "task.cancel_requested", actor, now);
  event.data = event_data::reason(reason);
  state_.append(std::move(event));
  return {CancelResult::requested, task->status, running};
}

void MemoryTasks::cancel_queued(Task& task, std::string_view code, std::string_view reason, std::string_view actor, Timestamp now) {
  const bool in_line = task.status == Status::queued;
  state_.append(cancel_before_start(state_.edit(task), code, reason, actor, now));
  if (in_line) leave_line(state_, task);
  waits_.task_ended(task, Waits::Completed::kept, now);
  ends_.ended(task);
}

RetryResult MemoryTasks::retry(TaskId id, std::string_view actor, Timestamp now, const std::optional<std::string>& payload) {
  state_.require_batch();
  Task* task = state_.find(id);
  if (!task) return RetryResult::not_found;
  if (task->status == Status::succeeded) return RetryResult::succeeded_already;
  if (!is_terminal(task->status)) return RetryResult::not_terminal;
  const auto token = dedupe_token(task->kind, task->dedupe);
  const bool keep_dedupe = !token || !keys_.stands_for(*token, now, task->id);
  state_.note_progress_event(id, std::nullopt);
  state_.append(reopen(state_.edit(*task), keep_dedupe, payload, actor, now));
  ends_.reopened(id);
  look_again(state_, id);
  if (!waits_for_others(state_, id)) enter_line(state_, *task, now);
  return RetryResult::requeued;
}

RerunAnswer MemoryTasks::rerun(const RerunRequest& request, Timestamp now) {
  state_.require_batch();
  EnqueueRequest enqueue_again;
  enqueue_again.request_key = request.request_key;
  enqueue_again.fingerprint = request.fingerprint;
  if (const auto answer = replay(enqueue_again)) return rerun_answer(*answer);
  const Task* ended = state_.find(request.task);
  if (!ended) return {RerunResult::not_found, {}, {}, false};
  if (!is_terminal(ended->status)) return {RerunResult::not_terminal, {}, {}, false};
  enqueue_again.tasks.push_back(again(*ended, request));
  return rerun_answer(enqueue(enqueue_again, now));
}

RemoveResult MemoryTasks::remove(TaskId id, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const Task* task = state_.find(id);
  if (!task) return RemoveResult::not_found;
  if (!is_terminal(task->status)) return RemoveResult::not_terminal;
  Event event = event_about(*task, "task.deleted", actor, now);
  event.epoch = 0;
  event.data = event_data::removed(task->status);
  state_.erase_task(id);
  state_.append(std::move(event));
  return RemoveResult::removed;
}

}  // namespace reeve::store::memory
