#include <utility>

#include "store/event_data.hpp"
#include "store/memory/lines.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

std::optional<EnqueueAnswer> MemoryTasks::replay(const EnqueueRequest& request) const {
  if (!request.request_key) return std::nullopt;
  const auto known = state_.requests.find(*request.request_key);
  if (known == state_.requests.end()) return std::nullopt;
  if (known->second.fingerprint != request.fingerprint) return EnqueueRefused{EnqueueRefused::Reason::request_key_reused, 0, TaskId{}};
  return EnqueueDone{known->second.tasks, true};
}

const Task* MemoryTasks::open_twin(std::string_view token, TaskId except) const {
  for (const auto& [id, task] : state_.tasks)
    if (id != except && !is_terminal(task.status) && dedupe_token(task.kind, task.dedupe) == token) return &task;
  return nullptr;
}

EnqueueAnswer MemoryTasks::enqueue(const EnqueueRequest& request, Timestamp now) {
  state_.require_batch();
  if (const auto answer = replay(request)) return *answer;
  EnqueueDone done;
  std::vector<Task> fresh;
  std::int64_t next = state_.last_task;
  for (std::size_t item = 0; item < request.tasks.size(); ++item) {
    const NewTask& wanted = request.tasks[item];
    const auto token = dedupe_token(wanted.kind, wanted.dedupe);
    const Task* twin = token ? open_twin(*token, TaskId{}) : nullptr;
    for (const Task& earlier : fresh) {
      if (token && dedupe_token(earlier.kind, earlier.dedupe) == token) twin = &earlier;
    }
    if (twin) {
      done.tasks.push_back({twin->id, EnqueueDisposition::reused, twin->payload != wanted.payload});
      continue;
    }
    if (wanted.external_id) {
      for (const auto& [id, task] : state_.tasks)
        if (task.external_id == wanted.external_id) return EnqueueRefused{EnqueueRefused::Reason::external_id_taken, item, id};
      for (const Task& earlier : fresh)
        if (earlier.external_id == wanted.external_id) return EnqueueRefused{EnqueueRefused::Reason::external_id_taken, item, TaskId{}};
    }
    fresh.push_back(make_task(TaskId{++next}, wanted, now));
    done.tasks.push_back({fresh.back().id, EnqueueDisposition::created, false});
  }
  for (Task& task : fresh) {
    const Task& kept = state_.add(std::move(task));
    open_line(state_, kept);
    enter_line(state_, kept, now);
    Event event = event_about(kept, "task.enqueued", kept.created_by, now);
    event.data = event_data::enqueued(kept, now);
    state_.append(std::move(event));
  }
  if (request.request_key) state_.remember(*request.request_key, {request.fingerprint, done.tasks, now});
  return done;
}

}  // namespace reeve::store::memory
