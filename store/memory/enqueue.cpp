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
  return EnqueueDone{known->second.tasks, known->second.batch, true};
}

EnqueueAnswer MemoryTasks::enqueue(const EnqueueRequest& request, Timestamp now) {
  state_.require_batch();
  EnqueueAnswer answer = admit(request, now);
  settle(now);
  return answer;
}

EnqueueAnswer MemoryTasks::admit(const EnqueueRequest& request, Timestamp now) {
  if (const auto answer = replay(request)) return *answer;
  const std::size_t way_back = state_.mark();
  const TaskId last_before{state_.last_task};
  EnqueueDone done;
  if (request.batch) done.batch = make_batch(state_, *request.batch, now);
  for (std::size_t item = 0; item < request.tasks.size(); ++item) {
    auto stored = enqueue_item(request.tasks[item], done.batch, done.tasks, now);
    if (auto* refused = std::get_if<EnqueueRefused>(&stored)) {
      refused->item = item;
      if (refused->holder > last_before) refused->holder = TaskId{};  // an item of this request: it will not have been
      state_.go_back(way_back);
      return std::move(*refused);
    }
    done.tasks.push_back(std::move(std::get<Enqueued>(stored)));
  }
  if (done.batch && !request.batch->open) state_.edit_ending().push_back(*done.batch);
  if (request.request_key) {
    RememberedRequest known{request.fingerprint, done.tasks, done.batch, now};
    for (Enqueued& one : known.tasks) one.stop.clear();
    state_.remember(*request.request_key, std::move(known));
  }
  return done;
}

std::variant<Enqueued, EnqueueRefused> MemoryTasks::enqueue_item(const NewTask& wanted, std::optional<BatchId> fresh, std::span<const Enqueued> before,
                                                                     Timestamp now) {
  if (const auto token = dedupe_token(wanted.kind, wanted.dedupe))
    if (const Task* twin = keys_.stands_for(*token, now, TaskId{}))
      return Enqueued{twin->id, EnqueueDisposition::reused, twin->payload != wanted.payload, {}, {}};
  if (wanted.external_id)
    for (const auto& [id, task] : state_.tasks)
      if (task.external_id == wanted.external_id) return EnqueueRefused{EnqueueRefused::Reason::external_id_taken, 0, id, {}};
  auto after = find_after(state_, wanted, before);
  if (auto* unknown = std::get_if<std::string>(&after)) return dependency_refused(std::move(*unknown));
  if (wanted.batch && !fresh) {
    const auto batch = state_.batches.find(*wanted.batch);
    if (batch == state_.batches.end()) return batch_refused(*wanted.batch, std::nullopt);
    if (batch->second.batch.state != BatchState::open) return batch_refused(*wanted.batch, batch->second.batch.state);
  }
  if (const auto busy = keys_.refuses(wanted)) return EnqueueRefused{EnqueueRefused::Reason::key_busy, 0, *busy, {}};
  if (const auto standing = keys_.stands_in(wanted)) {
    const Task& task = *state_.find(*standing);
    state_.append(coalesced_event(task, wanted, now));
    return Enqueued{task.id, EnqueueDisposition::coalesced, task.payload != wanted.payload, {}, {}};
  }
  Enqueued stored;
  stored.id = TaskId{state_.next(state_.last_task)};
  for (const TaskId id : keys_.superseded_by(wanted)) supersede(*state_.find(id), stored, wanted.created_by, now);
  if (!stored.superseded.empty()) stored.disposition = EnqueueDisposition::superseded;
  Task& kept = state_.add(make_task(stored.id, wanted, now));
  if (fresh) kept.batch = fresh;
  const std::vector<Dependency> on = keep_after(state_, kept.id, wanted.after_policy, std::get<std::vector<TaskId>>(after));
  const std::optional<Dependency> doom = doomed_by(wanted.after_policy, on);
  open_line(state_, kept);
  if (!doom && !waits_for(on)) enter_line(state_, kept, now);
  Event event = event_about(kept, "task.enqueued", kept.created_by, now);
  event.data = event_data::enqueued(kept, on.size(), now);
  state_.append(std::move(event));
  if (doom) cancel_queued(kept, dependency_failed_code, doomed_reason(doom->task, *doom->ended), dependency_actor(doom->task), now);
  return stored;
}

// One that was asked to stop before goes on as it was asked.
void MemoryTasks::supersede(Task& task, Enqueued& successor, std::string_view actor, Timestamp now) {
  if (is_terminal(task.status) || task.cancel_requested_at) return;
  successor.superseded.push_back(task.id);
  if (task.status == Status::queued || task.status == Status::waiting) {
    cancel_queued(task, superseded_code, superseded_reason(successor.id), actor, now);
    state_.edit(task).superseded_by = successor.id;
    return;
  }
  state_.append(supersede_running(state_.edit(task), successor.id, actor, now));
  successor.stop.push_back({task.id, task.epoch});
}

}  // namespace reeve::store::memory
