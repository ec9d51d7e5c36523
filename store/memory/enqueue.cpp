#include <utility>

#include "store/event_data.hpp"
#include "store/memory/lines.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

std::optional<EnqueueAnswer> MemoryTasks::replay(const EnqueueRequest& request) const {
  if (!request.request_key) return std::nullopt;
  const auto known = state_.requests.find(*request.request_key);
  if (known == state_.requests.end()) return std::nullopt;
  if (known->second.fingerprint != request.fingerprint) return EnqueueRefused{EnqueueRefused::Reason::request_key_reused, 0, TaskId{}, {}};
  return EnqueueDone{known->second.tasks, true};
}

EnqueueAnswer MemoryTasks::enqueue(const EnqueueRequest& request, Timestamp now) {
  state_.require_batch();
  if (const auto answer = replay(request)) return *answer;
  const std::size_t way_back = state_.mark();
  const TaskId last_before{state_.last_task};
  EnqueueDone done;
  for (std::size_t item = 0; item < request.tasks.size(); ++item) {
    auto stored = enqueue_item(request.tasks[item], now);
    if (auto* refused = std::get_if<EnqueueRefused>(&stored)) {
      refused->item = item;
      if (refused->holder > last_before) refused->holder = TaskId{};  // an item of this request: it will not have been
      state_.go_back(way_back);
      return std::move(*refused);
    }
    done.tasks.push_back(std::move(std::get<Enqueued>(stored)));
  }
  if (request.request_key) {
    RememberedRequest known{request.fingerprint, done.tasks, now};
    for (Enqueued& one : known.tasks) one.stop.clear();
    state_.remember(*request.request_key, std::move(known));
  }
  return done;
}

std::variant<Enqueued, EnqueueRefused> MemoryTasks::enqueue_item(const NewTask& wanted, Timestamp now) {
  if (const auto token = dedupe_token(wanted.kind, wanted.dedupe))
    if (const Task* twin = keys_.stands_for(*token, now, TaskId{}))
      return Enqueued{twin->id, EnqueueDisposition::reused, twin->payload != wanted.payload, {}, {}};
  if (wanted.external_id)
    for (const auto& [id, task] : state_.tasks)
      if (task.external_id == wanted.external_id) return EnqueueRefused{EnqueueRefused::Reason::external_id_taken, 0, id, {}};
  if (const auto busy = keys_.refuses(wanted)) return EnqueueRefused{EnqueueRefused::Reason::key_busy, 0, *busy, {}};
  if (const auto standing = keys_.stands_in(wanted)) {
    const Task& task = *state_.find(*standing);
    state_.append(coalesced_event(task, wanted, now));
    return Enqueued{task.id, EnqueueDisposition::coalesced, task.payload != wanted.payload, {}, {}};
  }
  Enqueued stored;
  stored.id = TaskId{state_.last_task + 1};
  for (const TaskId id : keys_.superseded_by(wanted)) supersede(*state_.find(id), stored, wanted.created_by, now);
  if (!stored.superseded.empty()) stored.disposition = EnqueueDisposition::superseded;
  const Task& kept = state_.add(make_task(stored.id, wanted, now));
  open_line(state_, kept);
  enter_line(state_, kept, now);
  Event event = event_about(kept, "task.enqueued", kept.created_by, now);
  event.data = event_data::enqueued(kept, now);
  state_.append(std::move(event));
  return stored;
}

// One that was asked to stop before goes on as it was asked.
void MemoryTasks::supersede(Task& task, Enqueued& successor, std::string_view actor, Timestamp now) {
  if (is_terminal(task.status) || task.cancel_requested_at) return;
  successor.superseded.push_back(task.id);
  if (task.status == Status::queued || task.status == Status::waiting) {
    const bool in_line = task.status == Status::queued;
    state_.append(cancel_before_start(state_.edit(task), superseded_code, superseded_reason(successor.id), actor, now));
    if (in_line) leave_line(state_, task);
    task.superseded_by = successor.id;
    waits_.task_ended(task, Waits::Completed::kept, now);
    return;
  }
  state_.append(supersede_running(state_.edit(task), successor.id, actor, now));
  successor.stop.push_back({task.id, task.epoch});
}

}  // namespace reeve::store::memory
