#include "store/event_data.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

Task* MemoryJournal::held(ClaimKey claim) {
  state_.require_batch();
  Task* task = state_.find(claim.task);
  return task && holds(*task, claim) ? task : nullptr;
}

void saw_life(State& state, Task& task, Timestamp now) {
  state.edit(task).last_seen_at = now;
  if (!task.stale_at) return;
  task.stale_at.reset();
  task.stale_reason.clear();
  Event event = event_about(task, "task.stale", "handler", now);
  event.data = event_data::stale_cleared();
  state.append(std::move(event));
}

bool MemoryJournal::progress(ClaimKey claim, const Progress& progress, Timestamp now) {
  Task* task = held(claim);
  if (!task) return false;
  saw_life(state_, *task, now);
  task->progress = merge(task->progress, progress);
  task->progress_at = now;
  const auto last = state_.progress_events.find(task->id);
  if (last != state_.progress_events.end() && now - last->second < progress_event_interval) return true;
  state_.note_progress_event(task->id, now);
  Event event = event_about(*task, "task.progress", "handler", now);
  event.data = event_data::progress(*task->progress);
  state_.append(std::move(event));
  return true;
}

bool MemoryJournal::log(ClaimKey claim, std::span<const LogLine> lines, Timestamp now) {
  Task* task = held(claim);
  if (!task) return false;
  if (lines.empty()) return true;
  saw_life(state_, *task, now);
  for (const LogLine& line : lines) state_.append_log(claim, line);
  return true;
}

bool MemoryJournal::flag_stale(ClaimKey claim, std::string_view reason, Timestamp now) {
  Task* task = held(claim);
  if (!task) return false;
  if (task->stale_at) return true;
  state_.edit(*task).stale_at = now;
  task->stale_reason = reason;
  Event event = event_about(*task, "task.stale", "runner", now);
  event.data = event_data::reason(reason);
  state_.append(std::move(event));
  return true;
}

bool MemoryJournal::clear_stale(ClaimKey claim, Timestamp now) {
  Task* task = held(claim);
  if (!task) return false;
  saw_life(state_, *task, now);
  return true;
}

}  // namespace reeve::store::memory
