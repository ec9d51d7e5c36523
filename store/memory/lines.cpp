#include "store/memory/lines.hpp"

#include <algorithm>

#include "store/memory/ends.hpp"

namespace reeve::store::memory {

namespace {

Line line_of(const Task& task) { return {task.queue, task.priority}; }

}  // namespace

void open_line(State& state, const Task& task) {
  if (!task.fair_key.empty() && !state.lines.contains(line_of(task))) state.edit(state.lines, line_of(task)) = 0;
}

void enter_line(State& state, const Task& task, Timestamp now) {
  if (task.run_at > now) return;
  const auto line = state.lines.find(line_of(task));
  const std::int64_t place = line == state.lines.end() ? 0 : state.edit(state.tenants, {line_of(task), task.fair_key}).enter(line->second);
  state.edit(state.places, task.id) = place;
}

void enter_due(State& state, Timestamp now) {
  std::vector<const Task*> due;
  for (const auto& [id, task] : state.tasks)
    if (task.status == Status::queued && task.run_at <= now && !state.places.contains(id) && !waits_for_others(state, id)) due.push_back(&task);
  std::stable_sort(due.begin(), due.end(), [](const Task* a, const Task* b) { return a->run_at < b->run_at; });
  for (const Task* task : due) enter_line(state, *task, now);
}

void start_from_line(State& state, const Task& task) {
  const std::int64_t place = state.places.at(task.id);
  state.erase(state.places, task.id);
  const auto line = state.lines.find(line_of(task));
  if (line == state.lines.end()) return;
  state.edit(state.tenants, {line_of(task), task.fair_key}).started(place);
  if (place > line->second) state.edit(state.lines, line_of(task)) = place;
}

void leave_line(State& state, const Task& task) {
  if (state.places.contains(task.id)) state.erase(state.places, task.id);
  if (task.fair_key.empty()) return;
  for (const auto& [id, place] : state.places)
    if (const Task* other = state.find(id); other->fair_key == task.fair_key && line_of(*other) == line_of(task)) return;
  state.edit(state.tenants, {line_of(task), task.fair_key}).nothing_waits();
}

}  // namespace reeve::store::memory
