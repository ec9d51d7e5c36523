#include <algorithm>
#include <tuple>

#include "store/composition.hpp"
#include "store/event_data.hpp"
#include "store/memory/lines.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

Finished MemoryTasks::finish(const Finish& finish, Timestamp now) {
  state_.require_batch();
  Task* task = state_.find(finish.claim.task);
  if (!task) return {};
  if (!holds(*task, finish.claim)) return {false, task->status, {}};
  if (auto started = begin_run_at_end(state_.edit(*task), finish)) state_.append(std::move(*started));
  Ended ended = end_attempt(state_.edit(*task), finish, now);
  complete(state_.edit_attempt(finish.claim), finish, now);
  if (task->status == Status::queued) state_.note_progress_event(task->id, std::nullopt);
  if (task->status == Status::queued) enter_line(state_, *task, now);
  state_.append(std::move(ended.event));
  if (task->status == Status::waiting && waits_.resume_if_nothing_is_left(*task, now)) {
    ended.answer.status = task->status;
    ended.answer.retry_at = task->run_at;
  }
  ended.answer.let_go = task->concurrency || !task->order_key.empty();
  if (!is_terminal(task->status)) return ended.answer;
  const bool forget = task->status == Status::succeeded && !finish.keep_steps;
  ended.answer.woke_others = waits_.task_ended(*task, forget ? Waits::Completed::forgotten : Waits::Completed::kept, now);
  ends_.ended(*task);
  if (task->status == Status::succeeded) ended.answer.staged = enqueue_staged(*task, finish.staged, now);
  ended.answer.let_go |= settle(now).let_go;
  return ended.answer;
}

// One by one: what cannot be stored must not take the completion with it. That it was not is told by an event of the parent.
std::vector<Enqueued> MemoryTasks::enqueue_staged(const Task& parent, const std::vector<NewTask>& staged, Timestamp now) {
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
    state_.append(std::move(event));
    stored.push_back({refused.holder, EnqueueDisposition::reused, false, {}, {}});
  }
  return stored;
}

Lost MemoryTasks::take_back(Task& task, LostBy cause, Timestamp now) {
  const Task before = task;
  const Finish lost = lost_attempt(task, cause, now);
  Ended ended = end_attempt(state_.edit(task), lost, now);
  complete(state_.edit_attempt(lost.claim), lost, now);
  if (task.status == Status::queued) state_.note_progress_event(task.id, std::nullopt);
  if (task.status == Status::queued) enter_line(state_, task, now);
  state_.append(lease_lost_event(before, cause, task.status, now));
  state_.append(std::move(ended.event));
  if (is_terminal(task.status)) {
    waits_.task_ended(task, Waits::Completed::kept, now);
    ends_.ended(task);
  }
  return {lost.claim, task.status};
}

std::vector<ClaimKey> MemoryTasks::renew(std::span<const ClaimKey> claims, Timestamp lease_expires_at, Timestamp now) {
  state_.require_batch();
  std::vector<ClaimKey> lost;
  for (const ClaimKey claim : claims) {
    Task* task = state_.find(claim.task);
    if (task && holds(*task, claim) && *task->lease_expires_at > now) state_.edit(*task).lease_expires_at = lease_expires_at;
    else lost.push_back(claim);
  }
  return lost;
}

ExpireAnswer MemoryTasks::expire(Timestamp now, int limit) {
  state_.require_batch();
  std::vector<Task*> run_out;
  for (auto& [id, task] : state_.tasks)
    if (task.lease_expires_at && *task.lease_expires_at <= now) run_out.push_back(&task);
  std::stable_sort(run_out.begin(), run_out.end(), [](const Task* a, const Task* b) { return a->lease_expires_at < b->lease_expires_at; });
  ExpireAnswer answer;
  for (Task* task : run_out)
    if (static_cast<int>(answer.lost.size()) < limit) answer.lost.push_back(take_back(*task, LostBy::lease, now));
  answer.expired = cancel_expired(now, limit - static_cast<int>(answer.lost.size()));
  settle(now);
  answer.more = static_cast<int>(answer.lost.size() + answer.expired.size()) >= limit;
  return answer;
}

std::vector<TaskId> MemoryTasks::cancel_expired(Timestamp now, int limit) {
  std::vector<Task*> expired;
  for (auto& [id, task] : state_.tasks)
    if (task.status == Status::queued && task.expires_at && *task.expires_at <= now) expired.push_back(&task);
  std::stable_sort(expired.begin(), expired.end(), [](const Task* a, const Task* b) { return a->expires_at < b->expires_at; });
  std::vector<TaskId> ids;
  for (Task* task : expired) {
    if (static_cast<int>(ids.size()) >= limit) break;
    cancel_queued(*task, "expired", "not started before it expired", "runner", now);
    ids.push_back(task->id);
  }
  return ids;
}

}  // namespace reeve::store::memory
