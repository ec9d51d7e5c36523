#include <algorithm>
#include <tuple>

#include "store/memory/reader.hpp"

namespace reeve::store::memory {
namespace {

using Guard = std::lock_guard<std::mutex>;

}  // namespace

std::vector<Step> MemoryReader::steps(TaskId id) {
  const Guard guard(state_.mutex);
  std::vector<const StepRow*> rows;
  for (const auto& key : State::keys_of(state_.steps, id)) rows.push_back(&state_.steps.at(key));
  std::sort(rows.begin(), rows.end(), [](const StepRow* a, const StepRow* b) { return a->number < b->number; });
  std::vector<Step> steps;
  for (const StepRow* row : rows) steps.push_back(*row);
  return steps;
}

std::vector<StepTry> MemoryReader::step_tries(TaskId id) {
  const Guard guard(state_.mutex);
  std::vector<StepTry> tries;
  for (const auto& key : State::keys_of(state_.step_tries, id)) tries.push_back(state_.step_tries.at(key));
  return tries;
}

std::vector<Signal> MemoryReader::signals(TaskId id, bool unconsumed_only) {
  const Guard guard(state_.mutex);
  std::vector<Signal> signals;
  for (const auto& key : State::keys_of(state_.signals, id)) {
    const Signal& signal = state_.signals.at(key);
    if (!unconsumed_only || !signal.consumed_at) signals.push_back(signal);
  }
  return signals;
}

std::vector<Timer> MemoryReader::timers(TaskId id) {
  const Guard guard(state_.mutex);
  std::vector<Timer> timers;
  for (const auto& key : State::keys_of(state_.timers, id)) timers.push_back(state_.timers.at(key));
  std::sort(timers.begin(), timers.end(), [](const Timer& a, const Timer& b) { return std::tie(a.at, a.name) < std::tie(b.at, b.name); });
  return timers;
}

std::vector<StepTimings> MemoryReader::step_timings(std::string_view kind, int newest) {
  const Guard guard(state_.mutex);
  std::vector<std::pair<std::int64_t, const StepTry*>> completed;
  for (const auto& [key, attempt] : state_.step_tries)
    if (attempt.status == StepStatus::completed && state_.find(key.first)->kind == kind) completed.emplace_back(key.second, &attempt);
  std::sort(completed.rbegin(), completed.rend());
  std::vector<StepSample> samples;
  for (const auto& [number, attempt] : completed) {
    if (static_cast<int>(samples.size()) >= newest) break;
    samples.push_back({attempt->name, static_cast<double>((*attempt->ended_at - attempt->begun_at).count())});
  }
  return step_timings_of(samples);
}

}  // namespace reeve::store::memory
