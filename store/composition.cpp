#include "store/composition.hpp"

#include <algorithm>

#include "store/task_text.hpp"

namespace reeve::store {

std::string unknown_dependency(const AfterTask& after) {
  if (after.item) return "item " + std::to_string(*after.item) + " does not come before it in the request";
  if (!after.external_id.empty()) return "there is no task with the external id \"" + after.external_id + "\"";
  return "there is no task " + std::to_string(number(after.task));
}

std::invalid_argument too_many_dependencies(std::size_t count) {
  return std::invalid_argument("a task comes after at most " + std::to_string(after_max) + " others, not " + std::to_string(count));
}

EnqueueRefused dependency_refused(std::string message) {
  EnqueueRefused refused;
  refused.reason = EnqueueRefused::Reason::unknown_dependency;
  refused.message = std::move(message);
  return refused;
}

EnqueueRefused batch_refused(BatchId batch, std::optional<BatchState> state) {
  const std::string id = std::to_string(number(batch));
  EnqueueRefused refused;
  refused.reason = state ? EnqueueRefused::Reason::batch_closed : EnqueueRefused::Reason::unknown_batch;
  if (!state) refused.message = "there is no batch " + id;
  else refused.message = "batch " + id + (has_ended(*state) ? " has ended" : " is closed");
  return refused;
}

std::string doomed_reason(TaskId after, Status ended) {
  const std::string how = ended == Status::cancelled ? "was cancelled" : std::string(name(ended));
  return "task " + std::to_string(number(after)) + ", which it comes after, " + how;
}

std::string dependency_actor(TaskId after) { return "task:" + std::to_string(number(after)); }

std::optional<Dependency> doomed_by(AfterPolicy policy, std::span<const Dependency> on) {
  const auto found = std::find_if(on.begin(), on.end(), [policy](const Dependency& one) { return one.ended && dooms(policy, *one.ended); });
  return found == on.end() ? std::nullopt : std::optional<Dependency>{*found};
}

bool waits_for(std::span<const Dependency> on) {
  return std::any_of(on.begin(), on.end(), [](const Dependency& one) { return !one.ended; });
}

NewTask alone(NewTask task, std::span<const Enqueued> before) {
  for (AfterTask& after : task.after) {
    if (!after.item || *after.item >= before.size()) continue;
    after.task = before[*after.item].id;
    after.item.reset();
  }
  return task;
}

Callbacks callbacks_of(const NewBatch& batch) {
  // What can never be stored is refused now: later there is nobody to tell.
  const auto text = [](const std::optional<NewTask>& task) -> std::optional<std::string> {
    if (!task) return std::nullopt;
    if (task->after.size() > after_max) throw too_many_dependencies(task->after.size());
    return task_to_text(*task);
  };
  Callbacks kept;
  kept.on_success = text(batch.on_success);
  kept.on_failure = text(batch.on_failure);
  kept.on_finish = text(batch.on_finish);
  return kept;
}

std::vector<Callback> due_callbacks(const Callbacks& kept, BatchId batch, BatchState outcome) {
  std::vector<Callback> due;
  const auto add_one = [&](std::string_view name, const std::optional<std::string>& text) {
    if (!text) return;
    Callback& callback = due.emplace_back();
    callback.name = name;
    callback.task = task_from_text(*text);
    callback.task.created_by = "batch:" + std::to_string(number(batch));
  };
  if (outcome == BatchState::succeeded) add_one("on_success", kept.on_success);
  else add_one("on_failure", kept.on_failure);
  add_one("on_finish", kept.on_finish);
  return due;
}

std::string_view name(EnqueueRefused::Reason reason) {
  switch (reason) {
    case EnqueueRefused::Reason::external_id_taken: return "external_id_taken";
    case EnqueueRefused::Reason::request_key_reused: return "request_key_reused";
    case EnqueueRefused::Reason::step_refused: return "step_refused";
    case EnqueueRefused::Reason::key_busy: return "key_busy";
    case EnqueueRefused::Reason::unknown_dependency: return "unknown_dependency";
    case EnqueueRefused::Reason::unknown_batch: return "unknown_batch";
    case EnqueueRefused::Reason::batch_closed: return "batch_closed";
  }
  return "refused";
}

void add(BatchCounts& counts, Status status, std::int64_t tasks) {
  switch (status) {
    case Status::queued: counts.queued += tasks; return;
    case Status::claimed: counts.claimed += tasks; return;
    case Status::running: counts.running += tasks; return;
    case Status::waiting: counts.waiting += tasks; return;
    case Status::succeeded: counts.succeeded += tasks; return;
    case Status::failed: counts.failed += tasks; return;
    case Status::cancelled: counts.cancelled += tasks; return;
  }
}

BatchState outcome_of(const BatchCounts& counts) { return counts.failed + counts.cancelled > 0 ? BatchState::failed : BatchState::succeeded; }

double percent_of(const BatchCounts& counts, std::span<const double> running) {
  const std::int64_t total = counts.total();
  if (total == 0) return 0;
  double sum = 100.0 * static_cast<double>(counts.ended());
  for (const double percent : running) sum += percent;
  return sum / static_cast<double>(total);
}

Event batch_event(std::string_view type, std::string_view actor, std::string data, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.actor = actor;
  event.data = std::move(data);
  return event;
}

}  // namespace reeve::store
