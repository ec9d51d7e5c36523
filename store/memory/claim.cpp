#include <algorithm>
#include <tuple>

#include "store/event_data.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {
namespace {

Room* find_room(std::vector<Room>& rooms, std::string_view name) {
  const auto found = std::find_if(rooms.begin(), rooms.end(), [&](const Room& room) { return is_called(room, name); });
  return found == rooms.end() ? nullptr : &*found;
}

std::optional<Timestamp> earlier(std::optional<Timestamp> known, Timestamp at) { return known ? std::min(*known, at) : at; }

}  // namespace

std::vector<Task*> MemoryTasks::claimable(Timestamp now) {
  std::vector<Task*> due;
  for (auto& [id, task] : state_.tasks)
    if (task.status == Status::queued && task.run_at <= now && !state_.pauses.contains(task.queue)) due.push_back(&task);
  const auto order = [](const Task* task) { return std::make_tuple(-task->priority, task->run_at, task->id); };
  std::sort(due.begin(), due.end(), [&](const Task* a, const Task* b) { return order(a) < order(b); });
  return due;
}

ClaimAnswer MemoryTasks::claim(const ClaimRequest& request, Timestamp now) {
  state_.require_batch();
  ClaimAnswer answer;
  const bool more_rings = waits_.ring(now);
  const bool more_expired = static_cast<int>(cancel_expired(now, promotion_chunk).size()) == promotion_chunk;
  std::vector<Room> kinds = request.kinds;
  std::vector<Room> queues = request.queues;
  for (Task* task : claimable(now)) {
    if (static_cast<int>(answer.tasks.size()) >= request.limit) break;
    if (task->expires_at && *task->expires_at <= now) continue;
    Room* kind = find_room(kinds, task->kind);
    Room* queue = find_room(queues, task->queue);
    if (!kind || kind->room <= 0 || (queue && queue->room <= 0)) continue;
    kind->room -= 1;
    if (queue) queue->room -= 1;
    state_.add(begin_attempt(state_.edit(*task), request, now));
    Event event = event_about(*task, "task.claimed", "runner", now);
    event.data = event_data::claimed(*task);
    state_.append(std::move(event));
    answer.tasks.push_back(*task);
  }
  for (const auto& [id, task] : state_.tasks) {
    if (task.status != Status::queued) continue;
    if (task.run_at > now) answer.next_due = earlier(answer.next_due, task.run_at);
    if (task.expires_at && *task.expires_at > now) answer.next_due = earlier(answer.next_due, *task.expires_at);
  }
  if (const auto alarm = waits_.next_alarm()) answer.next_due = earlier(answer.next_due, *alarm);
  if (more_rings || more_expired) answer.next_due = now;
  return answer;
}

bool MemoryTasks::start(ClaimKey claim, std::int64_t pid, std::string_view executor, Timestamp now) {
  state_.require_batch();
  Task* task = state_.find(claim.task);
  if (!task || !holds(*task, claim)) return false;
  if (task->status == Status::running) return true;
  begin_run(state_.edit(*task), now);
  Attempt& attempt = state_.edit_attempt(claim);
  attempt.started_at = now;
  attempt.pid = pid;
  attempt.executor = executor;
  Event event = event_about(*task, "task.started", "runner", now);
  event.data = event_data::started(*task, pid, executor);
  state_.append(std::move(event));
  return true;
}

}  // namespace reeve::store::memory
