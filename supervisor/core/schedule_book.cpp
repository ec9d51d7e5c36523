#include "supervisor/core/schedule_book.hpp"

#include <algorithm>
#include <utility>

namespace reeve::supervisor {
namespace {

// When the schedule has something to do next.
std::optional<store::Timestamp> moment_of(const KeptSchedule& kept) {
  if (kept.paused || !kept.next) return std::nullopt;
  return kept.not_before ? std::max(*kept.next, *kept.not_before) : *kept.next;
}

}  // namespace

void ScheduleBook::put(std::shared_ptr<const handlers::Schedule> schedule, const store::ScheduleRow& row) {
  KeptSchedule kept;
  kept.origin = row.origin;
  kept.last_tick = row.last_tick;
  kept.paused = row.pause.has_value();
  kept.next = schedule->timing.next(row.last_tick);
  kept.schedule = std::move(schedule);
  schedules_[row.name] = std::move(kept);
}

void ScheduleBook::erase(std::string_view name) {
  if (const auto found = schedules_.find(name); found != schedules_.end()) schedules_.erase(found);
}

void ScheduleBook::set_paused(std::string_view name, bool paused, store::Timestamp now) {
  const auto found = schedules_.find(name);
  if (found == schedules_.end()) return;
  found->second.paused = paused;
  if (!paused) taken(name, now);
}

const KeptSchedule* ScheduleBook::find(std::string_view name) const {
  const auto found = schedules_.find(name);
  return found == schedules_.end() ? nullptr : &found->second;
}

std::optional<store::Timestamp> ScheduleBook::next() const {
  std::optional<store::Timestamp> earliest;
  for (const auto& [name, kept] : schedules_)
    if (const auto at = moment_of(kept); at && (!earliest || *at < *earliest)) earliest = at;
  return earliest;
}

std::vector<DueSchedule> ScheduleBook::due(store::Timestamp now) const {
  std::vector<DueSchedule> all;
  for (const auto& [name, kept] : schedules_) {
    const auto at = moment_of(kept);
    if (!at || *at > now) continue;
    const handlers::Schedule& schedule = *kept.schedule;
    const auto most = static_cast<std::size_t>(schedule.catch_up == schedules::CatchUp::all ? schedule.catch_up_most : 100);
    schedules::Due due = schedules::due_ticks(schedule.timing, kept.last_tick, now, schedule.catch_up, most);
    DueSchedule one;
    one.schedule = kept.schedule;
    if (due.missed) {
      const auto before = due.ticks.empty() ? now : due.ticks.front() - store::Millis{1};
      const auto newest = schedule.timing.newest(kept.last_tick, before, 1);
      if (!newest.empty()) one.left_out = newest.back();
    }
    one.ticks = std::move(due.ticks);
    if (one.left_out || !one.ticks.empty()) all.push_back(std::move(one));
  }
  return all;
}

void ScheduleBook::taken(std::string_view name, store::Timestamp tick) {
  const auto found = schedules_.find(name);
  if (found == schedules_.end()) return;
  KeptSchedule& kept = found->second;
  kept.last_tick = std::max(kept.last_tick, tick);
  kept.next = kept.schedule->timing.next(kept.last_tick);
  kept.not_before.reset();
  kept.trouble.clear();
  kept.failures = 0;
}

store::Millis ScheduleBook::failed(std::string_view name, std::string trouble, store::Timestamp now) {
  const auto found = schedules_.find(name);
  if (found == schedules_.end()) return longest_pause;
  KeptSchedule& kept = found->second;
  const store::Millis pause = std::min(shortest_pause * (1 << std::min(kept.failures++, 6)), longest_pause);
  kept.not_before = now + pause;
  kept.trouble = std::move(trouble);
  return pause;
}

}  // namespace reeve::supervisor
