#include <algorithm>
#include <tuple>

#include "store/matching.hpp"
#include "store/memory/reader.hpp"

namespace reeve::store::memory {
namespace {

using Guard = std::lock_guard<std::mutex>;

// In the order in which they were first begun.
std::vector<const StepRow*> steps_of(const State& state, TaskId id) {
  std::vector<const StepRow*> rows;
  for (const auto& key : State::keys_of(state.steps, id)) rows.push_back(&state.steps.at(key));
  std::sort(rows.begin(), rows.end(), [](const StepRow* a, const StepRow* b) { return a->number < b->number; });
  return rows;
}

}  // namespace

StepPage MemoryReader::steps(const StepQuery& query) {
  const Guard guard(state_.mutex);
  std::vector<const StepRow*> rows = steps_of(state_, query.task);
  std::erase_if(rows, [&](const StepRow* row) { return row->number <= query.after; });
  if (query.last) std::reverse(rows.begin(), rows.end());
  StepPage page;
  PageRoom room(page_limit(query.last.value_or(query.limit)));
  for (const StepRow* row : rows) {
    if (!room.take(page_bytes(*row))) {
      page.more = !query.last;
      break;
    }
    page.next = std::max(page.next, row->number);
    page.steps.push_back(*row);
  }
  if (query.last) std::reverse(page.steps.begin(), page.steps.end());
  return page;
}

std::vector<Step> MemoryReader::pending_waits(TaskId id) {
  const Guard guard(state_.mutex);
  std::vector<Step> waits;
  for (const StepRow* row : steps_of(state_, id))
    if (row->status == StepStatus::waiting) waits.push_back(*row);
  return waits;
}

std::vector<StepTry> MemoryReader::step_tries(TaskId id) {
  const Guard guard(state_.mutex);
  std::vector<StepTry> tries;
  for (const auto& key : State::keys_of(state_.step_tries, id)) tries.push_back(state_.step_tries.at(key));
  return tries;
}

SignalPage MemoryReader::signals(const SignalQuery& query) {
  const Guard guard(state_.mutex);
  SignalPage page;
  PageRoom room(page_limit(query.limit));
  for (const auto& key : State::keys_of(state_.signals, query.task)) {
    const Signal& signal = state_.signals.at(key);
    if (signal.id <= query.after || (query.unconsumed_only && signal.consumed_at)) continue;
    if (!room.take(signal.payload.size())) {
      page.more = true;
      break;
    }
    page.signals.push_back(signal);
  }
  return page;
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
