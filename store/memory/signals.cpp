// The mailbox of a task, and the timers that put signals into it.
#include <algorithm>

#include "store/event_data.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

SignalSent MemorySteps::send_signal(TaskId id, std::string_view type, std::string_view payload, std::string_view actor, Timestamp now) {
  state_.require_batch();
  Task* task = state_.find(id);
  if (!task) return {SignalSent::Result::not_found, 0, false};
  if (is_terminal(task->status)) return {SignalSent::Result::terminal, 0, false};
  std::int64_t unconsumed = 0;
  for (const auto& key : State::keys_of(state_.signals, id)) unconsumed += state_.signals.at(key).consumed_at ? 0 : 1;
  if (unconsumed >= signals_max && !waits_.find_waiting_for(id, type)) return {SignalSent::Result::too_many, 0, false};
  Event event = outside_event(*task, "task.signal", actor, now);
  event.data = event_data::signal(state_.last_signal + 1, type);
  state_.append(std::move(event));
  const Waits::Delivered delivered = waits_.deliver(*task, type, payload, actor, now);
  return {SignalSent::Result::sent, delivered.id, delivered.resumed};
}

SignalTaken MemorySteps::take_signal(ClaimKey claim, std::string_view name, std::string_view type, Timestamp now) {
  Task* task = held(claim, now);
  if (!task) return {SignalTaken::Result::lost, {}};
  if (!name.empty()) {
    if (const StepRow* known = find(task->id, name)) return again(*known);
    if (refuse_new(task->id)) return {SignalTaken::Result::refused, {}};
  }
  const std::optional<Signal> taken = waits_.consume_oldest(task->id, type, claim.epoch, now);
  if (!taken) return {SignalTaken::Result::none, {}};
  if (!name.empty()) add(make_completed(task->id, name, StepSort::signal, signal_output(*taken), claim.epoch, now));
  return {SignalTaken::Result::taken, *taken};
}

// What was taken under this name before.
SignalTaken MemorySteps::again(const StepRow& known) const {
  if (name_refused(known, StepSort::signal) || known.status == StepStatus::waiting) return {SignalTaken::Result::refused, {}};
  const auto id = signal_of(known.output);
  if (!id) return {SignalTaken::Result::none, {}};
  return {SignalTaken::Result::taken, state_.signals.at({known.task, *id})};
}

TimerResult MemorySteps::set_timer(ClaimKey claim, std::string_view name, Timestamp at, Timestamp now) {
  Task* task = held(claim, now);
  if (!task) return TimerResult::lost;
  const std::pair<TaskId, std::string> key{task->id, name};
  const auto known = state_.timers.find(key);
  if (known != state_.timers.end() && known->second.fired_at) return TimerResult::already_fired;
  if (known == state_.timers.end()) {
    const auto timers = State::keys_of(state_.timers, task->id);
    const auto pending = std::count_if(timers.begin(), timers.end(), [&](const auto& other) { return !state_.timers.at(other).fired_at; });
    if (pending >= timers_max) return TimerResult::refused;
  }
  Timer& timer = state_.edit(state_.timers, key);
  timer.task = task->id;
  timer.name = name;
  timer.at = at;
  return at <= now ? TimerResult::fires_now : TimerResult::set;
}

TimerResult MemorySteps::cancel_timer(ClaimKey claim, std::string_view name, Timestamp now) {
  Task* task = held(claim, now);
  if (!task) return TimerResult::lost;
  const std::pair<TaskId, std::string> key{task->id, name};
  const auto known = state_.timers.find(key);
  if (known == state_.timers.end()) return TimerResult::unknown;
  if (known->second.fired_at) return TimerResult::already_fired;
  state_.erase(state_.timers, key);
  return TimerResult::cancelled;
}

}  // namespace reeve::store::memory
