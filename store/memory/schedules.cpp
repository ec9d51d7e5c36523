#include <algorithm>

#include "store/event_data.hpp"
#include "store/memory/reader.hpp"
#include "store/memory/verbs.hpp"
#include "store/schedule_event.hpp"

namespace reeve::store::memory {

SchedulePut MemorySchedules::put(std::string_view name, ScheduleOrigin origin, std::string_view spec, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const auto known = state_.schedules.find(name);
  const bool is_new = known == state_.schedules.end();
  if (!is_new && known->second.origin != origin) return SchedulePut::taken;
  if (!is_new && known->second.spec == spec) return SchedulePut::unchanged;
  ScheduleRow& row = state_.edit(state_.schedules, std::string(name));
  row.name = name;
  row.origin = origin;
  row.spec = spec;
  if (is_new) row.created_at = now;
  row.last_tick = is_new ? now : std::max(row.last_tick, now);
  if (origin == ScheduleOrigin::added)
    state_.append(schedule_event(is_new ? "schedule.added" : "schedule.changed", actor, event_data::schedule(name, {}), now));
  return is_new ? SchedulePut::created : SchedulePut::changed;
}

ScheduleRemoved MemorySchedules::remove(std::string_view name, ScheduleOrigin origin, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const auto known = state_.schedules.find(name);
  if (known == state_.schedules.end()) return ScheduleRemoved::not_found;
  if (known->second.origin != origin) return ScheduleRemoved::taken;
  state_.erase(state_.schedules, std::string(name));
  if (origin == ScheduleOrigin::added) state_.append(schedule_event("schedule.removed", actor, event_data::schedule(name, {}), now));
  return ScheduleRemoved::removed;
}

bool MemorySchedules::pause(std::string_view name, std::string_view reason, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const auto known = state_.schedules.find(name);
  if (known == state_.schedules.end() || known->second.pause) return false;
  state_.edit(state_.schedules, std::string(name)).pause = SchedulePause{std::string(reason), std::string(actor), now};
  state_.append(schedule_event("schedule.paused", actor, event_data::schedule(name, reason), now));
  return true;
}

bool MemorySchedules::resume(std::string_view name, std::string_view actor, Timestamp now) {
  state_.require_batch();
  const auto known = state_.schedules.find(name);
  if (known == state_.schedules.end() || !known->second.pause) return false;
  ScheduleRow& row = state_.edit(state_.schedules, std::string(name));
  row.pause.reset();
  row.last_tick = std::max(row.last_tick, now);
  state_.append(schedule_event("schedule.resumed", actor, event_data::schedule(name, {}), now));
  return true;
}

FireAnswer MemorySchedules::fire(std::string_view name, Timestamp tick, const NewTask& task, Timestamp now) {
  state_.require_batch();
  FireAnswer answer;
  const auto known = state_.schedules.find(name);
  if (known == state_.schedules.end()) return answer.result = FireAnswer::Result::unknown, answer;
  if (known->second.pause) return answer.result = FireAnswer::Result::paused, answer;
  if (tick <= known->second.last_tick) return answer.result = FireAnswer::Result::already, answer;
  EnqueueRequest request;
  request.tasks.push_back(task);
  const auto enqueued = tasks_.enqueue(request, now);
  const auto* done = std::get_if<EnqueueDone>(&enqueued);
  if (!done) return answer.result = FireAnswer::Result::refused, answer;
  answer.result = FireAnswer::Result::fired;
  answer.task = done->tasks.at(0);
  ScheduleRow& row = state_.edit(state_.schedules, std::string(name));
  row.last_tick = tick;
  row.last_task = answer.task.id;
  ++(stores_a_task(answer.task.disposition) ? row.fired : row.passed_over);
  Event event = schedule_event("schedule.fired", "schedule", event_data::schedule_fired(name, tick, answer.task.disposition), now);
  event.task = answer.task.id;
  event.kind = task.kind;
  event.queue = task.queue;
  state_.append(std::move(event));
  return answer;
}

bool MemorySchedules::pass_over(std::string_view name, Timestamp tick, std::string_view why, Timestamp now) {
  state_.require_batch();
  const auto known = state_.schedules.find(name);
  if (known == state_.schedules.end() || tick <= known->second.last_tick) return false;
  ScheduleRow& row = state_.edit(state_.schedules, std::string(name));
  row.last_tick = tick;
  row.passed_over += 1;
  state_.append(schedule_event("schedule.missed", "schedule", event_data::schedule_missed(name, tick, why), now));
  return true;
}

std::vector<ScheduleRow> MemoryReader::schedules() {
  const std::lock_guard<std::mutex> guard(state_.mutex);
  std::vector<ScheduleRow> rows;
  for (const auto& [name, row] : state_.schedules) rows.push_back(row);
  return rows;
}

}  // namespace reeve::store::memory
