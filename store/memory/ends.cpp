#include "store/memory/ends.hpp"

#include <algorithm>

#include "store/event_data.hpp"
#include "store/memory/lines.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {
namespace {

std::optional<TaskId> find_one_after(const State& state, const AfterTask& after, std::span<const Enqueued> before) {
  if (after.item) return *after.item < before.size() ? std::optional<TaskId>{before[*after.item].id} : std::nullopt;
  if (after.external_id.empty()) return state.tasks.contains(after.task) ? std::optional<TaskId>{after.task} : std::nullopt;
  for (const auto& [id, task] : state.tasks)
    if (task.external_id == after.external_id) return id;
  return std::nullopt;
}

// Those that come after the task and were not told of its end.
std::vector<TaskId> untold(const State& state, TaskId after) {
  std::vector<TaskId> tasks;
  for (const auto& [key, ended] : state.dependencies)
    if (key.second == after && !ended) tasks.push_back(key.first);
  return tasks;
}

}  // namespace

bool waits_for_others(const State& state, TaskId id) {
  for (auto row = state.dependencies.lower_bound({id, TaskId{}}); row != state.dependencies.end() && row->first.first == id; ++row)
    if (!row->second) return true;
  return false;
}

std::variant<std::vector<TaskId>, std::string> find_after(const State& state, const NewTask& wanted, std::span<const Enqueued> before) {
  if (wanted.after.size() > after_max) throw too_many_dependencies(wanted.after.size());
  std::vector<TaskId> tasks;
  for (const AfterTask& after : wanted.after) {
    const auto task = find_one_after(state, after, before);
    if (!task) return unknown_dependency(after);
    tasks.push_back(*task);
  }
  std::sort(tasks.begin(), tasks.end());
  tasks.erase(std::unique(tasks.begin(), tasks.end()), tasks.end());
  return tasks;
}

std::vector<Dependency> keep_after(State& state, TaskId task, AfterPolicy policy, const std::vector<TaskId>& after) {
  std::vector<Dependency> on;
  for (const TaskId id : after) {
    Dependency& one = on.emplace_back();
    one.task = id;
    if (const Status status = state.find(id)->status; is_terminal(status)) one.ended = status;
    state.edit(state.dependencies, {task, id}) = one.ended;
  }
  state.edit(state.after_policies, task) = policy;
  return on;
}

void look_again(State& state, TaskId task) {
  for (const auto& key : State::keys_of(state.dependencies, task)) {
    std::optional<Status>& ended = state.edit(state.dependencies, key);
    const Task* after = state.find(key.second);
    if (after) ended = is_terminal(after->status) ? std::optional<Status>{after->status} : std::nullopt;
    for (const auto& [place, release] : state.releases)
      if (!after && !ended && release.task == key.second) ended = release.status;
  }
}

void Ends::ended(const Task& task) {
  if (!untold(state_, task.id).empty()) {
    if (state_.releases.empty()) state_.set_tell_now(true);
    const std::int64_t place = state_.next(state_.last_release);
    Release& release = state_.edit(state_.releases, place);
    release.task = task.id;
    release.status = task.status;
  }
  if (task.batch && (state_.ending.empty() || state_.ending.back() != *task.batch)) state_.edit_ending().push_back(*task.batch);
}

void Ends::reopened(TaskId task) {
  const auto known = std::find_if(state_.releases.begin(), state_.releases.end(), [task](const auto& row) { return row.second.task == task; });
  if (known != state_.releases.end()) state_.erase(state_.releases, std::int64_t{known->first});
}

Settled Ends::go_on(Timestamp now) {
  state_.set_tell_now(true);
  return settle(now);
}

Settled Ends::settle(Timestamp now) {
  Settled settled;
  int budget = promotion_chunk;
  for (;;) {
    if (!state_.ending.empty()) {
      const BatchId batch = state_.ending.back();
      state_.edit_ending().pop_back();
      settled.let_go |= end_batch(batch, now);
    } else if (state_.tell_now && !state_.releases.empty() && budget > 0) {
      tell_some(budget, settled.let_go, now);
    } else {
      break;
    }
  }
  state_.set_tell_now(false);
  settled.more = !state_.releases.empty();
  settled.let_go |= settled.more;
  return settled;
}

void Ends::tell_some(int& budget, bool& let_go, Timestamp now) {
  const std::int64_t place = state_.releases.begin()->first;
  const Release ended = state_.releases.begin()->second;
  std::vector<TaskId> some = untold(state_, ended.task);
  if (static_cast<int>(some.size()) < budget) state_.erase(state_.releases, place);
  else some.resize(static_cast<std::size_t>(budget));
  budget -= static_cast<int>(some.size());
  for (const TaskId id : some) let_go |= tell(id, ended, now);
}

bool Ends::tell(TaskId who, const Release& ended, Timestamp now) {
  state_.edit(state_.dependencies, {who, ended.task}) = ended.status;
  Task& task = *state_.find(who);
  if (task.status != Status::queued) return false;
  if (dooms(state_.after_policies.at(who), ended.status)) {
    tasks_.cancel_queued(task, dependency_failed_code, doomed_reason(ended.task, ended.status), dependency_actor(ended.task), now);
    return false;
  }
  if (waits_for_others(state_, who)) return false;
  enter_line(state_, task, now);
  return true;
}

bool Ends::end_batch(BatchId id, Timestamp now) {
  const auto has_open = [id](const auto& row) { return row.second.batch == id && !is_terminal(row.second.status); };
  if (std::any_of(state_.tasks.begin(), state_.tasks.end(), has_open)) return false;
  const auto found = state_.batches.find(id);
  if (found == state_.batches.end() || found->second.batch.state != BatchState::closed) return false;
  Batch batch = count_batch(state_, found->second);
  batch.state = outcome_of(batch.counts);
  const std::vector<Callback> due = due_callbacks(found->second.callbacks, id, batch.state);
  {
    BatchRow& row = state_.edit(state_.batches, id);
    row.batch.state = batch.state;
    row.batch.finished_at = now;
    row.callbacks = {};
    row.empty = std::none_of(state_.tasks.begin(), state_.tasks.end(), [id](const auto& task) { return task.second.batch == id; });
  }
  std::vector<std::pair<std::string_view, std::string_view>> refused;
  for (const Callback& callback : due) {
    EnqueueRequest one;
    one.tasks.push_back(callback.task);
    const EnqueueAnswer answer = tasks_.admit(one, now);
    if (const auto* done = std::get_if<EnqueueDone>(&answer)) batch.callbacks.push_back(done->tasks.at(0).id);
    else refused.emplace_back(callback.name, name(std::get<EnqueueRefused>(answer).reason));
  }
  state_.edit(state_.batches, id).batch.callbacks = batch.callbacks;
  state_.append(batch_event("batch.finished", "runner", event_data::batch_finished(batch, refused), now));
  return !batch.callbacks.empty();
}

}  // namespace reeve::store::memory
