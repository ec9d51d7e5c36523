#include "store/memory/lines.hpp"
#include "store/memory/waits.hpp"

#include <algorithm>
#include <tuple>

#include "store/event_data.hpp"

namespace reeve::store::memory {
namespace {

std::vector<const StepRow*> by_number(const std::map<std::pair<TaskId, std::string>, StepRow>& steps, TaskId task) {
  std::vector<const StepRow*> rows;
  for (auto row = steps.lower_bound({task, {}}); row != steps.end() && row->first.first == task; ++row) rows.push_back(&row->second);
  std::sort(rows.begin(), rows.end(), [](const StepRow* a, const StepRow* b) { return a->number < b->number; });
  return rows;
}

}  // namespace

bool Waits::ring(Timestamp now) {
  const bool more_timers = fire_timers(now);
  return end_by_time(now) || more_timers;
}

bool Waits::fire_timers(Timestamp now) {
  std::vector<Timer> due;
  for (const auto& [key, timer] : state_.timers)
    if (!timer.fired_at && timer.at <= now) due.push_back(timer);
  std::sort(due.begin(), due.end(), [](const Timer& a, const Timer& b) { return std::tie(a.at, a.task, a.name) < std::tie(b.at, b.task, b.name); });
  if (due.size() > promotion_chunk) due.resize(promotion_chunk);
  for (const Timer& timer : due) {
    Task& task = *state_.find(timer.task);
    state_.edit(state_.timers, {timer.task, timer.name}).fired_at = now;
    Event event = outside_event(task, "task.timer", "timer", now);
    event.data = event_data::timer(timer.name, state_.last_signal + 1);
    state_.append(std::move(event));
    deliver(task, timer_signal, timer_payload(timer.name), "timer", now);
  }
  return due.size() == promotion_chunk;
}

bool Waits::end_by_time(Timestamp now) {
  std::vector<const StepRow*> over;
  for (const auto& [key, step] : state_.steps)
    if (step.wake_at && *step.wake_at <= now) over.push_back(&step);
  std::sort(over.begin(), over.end(), [](const StepRow* a, const StepRow* b) {
    return std::tie(a->wake_at, a->task, a->number) < std::tie(b->wake_at, b->task, b->number);
  });
  if (over.size() > promotion_chunk) over.resize(promotion_chunk);
  for (const StepRow* wait : over) complete(*wait, time_output(wait->sort), "timer", now);
  return over.size() == promotion_chunk;
}

std::optional<Timestamp> Waits::next_alarm() const {
  std::optional<Timestamp> next;
  const auto consider = [&](Timestamp at) { next = next ? std::min(*next, at) : at; };
  for (const auto& [key, timer] : state_.timers)
    if (!timer.fired_at) consider(timer.at);
  for (const auto& [key, step] : state_.steps)
    if (step.wake_at) consider(*step.wake_at);
  return next;
}

bool Waits::task_ended(const Task& task, Completed steps, Timestamp now) {
  for (const auto& key : State::keys_of(state_.steps, task.id))
    if (steps == Completed::forgotten || state_.steps.at(key).status == StepStatus::waiting) state_.erase(state_.steps, key);
  if (steps == Completed::forgotten)
    for (const auto& key : State::keys_of(state_.step_tries, task.id)) state_.erase(state_.step_tries, key);
  for (const auto& key : State::keys_of(state_.timers, task.id))
    if (!state_.timers.at(key).fired_at) state_.erase(state_.timers, key);
  return tell_waiting(task, now);
}

bool Waits::tell_waiting(const Task& ended, Timestamp now) {
  std::vector<const StepRow*> waits;
  for (const auto& [key, step] : state_.steps)
    for (const AwaitedTask& awaited : step.awaited)
      if (awaited.id == ended.id && awaited.status.empty() && (waits.empty() || waits.back() != &step)) waits.push_back(&step);
  const auto place = [](const StepRow* step) { return std::tie(step->task, step->number); };
  std::sort(waits.begin(), waits.end(), [&](const StepRow* a, const StepRow* b) { return place(a) < place(b); });
  bool woke = false;
  for (const StepRow* wait : waits) {
    StepRow& row = state_.edit(state_.steps, {wait->task, wait->name});
    for (AwaitedTask& awaited : row.awaited)
      if (awaited.id == ended.id && awaited.status.empty()) awaited.status = name(ended.status);
    std::erase(row.tasks, ended.id);
    if (is_enough(row.awaited, row.any)) woke |= complete(row, tasks_output(row.awaited), "task:" + std::to_string(number(ended.id)), now);
  }
  return woke;
}

bool Waits::resume_if_nothing_is_left(Task& task, Timestamp now) {
  bool waits = false;
  std::string_view wait;
  std::string_view by = "nothing";
  for (const StepRow* step : by_number(state_.steps, task.id)) {
    waits |= step->status == StepStatus::waiting;
    if (!wait.empty() || !step->pending || step->status != StepStatus::completed || step->epoch != task.epoch) continue;
    wait = step->name;
    by = ended_by(*step);
  }
  if (waits && wait.empty()) return false;
  state_.append(resume(state_.edit(task), wait, by, "runner", now));
  enter_line(state_, task, now);
  return true;
}

std::optional<std::string> Waits::already_there(const StepRow& wait, std::int64_t epoch, Timestamp now) {
  if (wait.sort == StepSort::signal)
    if (const auto signal = consume_oldest(wait.task, wait.signal_type, epoch, now)) return signal_output(*signal);
  if (wait.sort == StepSort::tasks && is_enough(wait.awaited, wait.any)) return tasks_output(wait.awaited);
  if (wait.wake_at && *wait.wake_at <= now) return time_output(wait.sort);
  return std::nullopt;
}

std::optional<Signal> Waits::consume_oldest(TaskId task, std::string_view type, std::int64_t epoch, Timestamp now) {
  for (const auto& key : State::keys_of(state_.signals, task)) {
    const Signal& signal = state_.signals.at(key);
    if (signal.consumed_at || !fits(signal, type)) continue;
    Signal& taken = state_.edit(state_.signals, key);
    taken.consumed_at = now;
    taken.consumed_by = epoch;
    return taken;
  }
  return std::nullopt;
}

const StepRow* Waits::find_waiting_for(TaskId task, std::string_view signal_type) const {
  for (const StepRow* step : by_number(state_.steps, task)) {
    const bool waits = step->status == StepStatus::waiting && step->sort == StepSort::signal;
    if (waits && (step->signal_type.empty() || step->signal_type == signal_type)) return step;
  }
  return nullptr;
}

Waits::Delivered Waits::deliver(Task& task, std::string_view type, std::string_view payload, std::string_view actor, Timestamp now) {
  Signal signal;
  signal.id = state_.next(state_.last_signal);
  signal.task = task.id;
  signal.type = type;
  signal.payload = payload;
  signal.sent_at = now;
  signal.actor = actor;
  const StepRow* wait = find_waiting_for(task.id, type);
  if (wait) {
    signal.consumed_at = now;
    signal.consumed_by = task.epoch;
  }
  state_.edit(state_.signals, {task.id, signal.id}) = signal;
  return {signal.id, wait && complete(*wait, signal_output(signal), actor, now)};
}

// True: the task was suspended and is queued again.
bool Waits::complete(const StepRow& wait, std::string output, std::string_view actor, Timestamp now) {
  StepRow& row = state_.edit(state_.steps, {wait.task, wait.name});
  complete_wait(row, std::move(output), now);
  row.awaited.clear();
  Task& task = *state_.find(row.task);
  if (task.status != Status::waiting) return false;
  state_.append(resume(state_.edit(task), row.name, ended_by(row), actor, now));
  enter_line(state_, task, now);
  return true;
}

}  // namespace reeve::store::memory
