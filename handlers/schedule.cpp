#include "handlers/schedule.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace reeve::handlers {
namespace {

using schedules::CatchUp;

constexpr std::array<std::pair<std::string_view, Overlap>, 4> overlaps{
    {{"skip", Overlap::skip}, {"queue", Overlap::queue}, {"cancel_other", Overlap::cancel_other}, {"allow", Overlap::allow}}};
constexpr std::array<std::pair<std::string_view, CatchUp>, 3> rules{{{"none", CatchUp::none}, {"last", CatchUp::last}, {"all", CatchUp::all}}};

template <class Table, class Value>
std::string_view word_of(const Table& table, Value value) {
  return std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.second == value; })->first;
}

template <class Value, class Table>
std::optional<Value> value_of(const Table& table, std::string_view word) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const auto& one) { return one.first == word; });
  return row == table.end() ? std::nullopt : std::optional<Value>(row->second);
}

// Tasks of one schedule share a concurrency key, so that what holds for keys holds for them: over restarts, and until the last process is gone.
std::optional<store::Concurrency> concurrency_of(const Schedule& schedule) {
  store::Concurrency concurrency;
  concurrency.key = "schedule:" + schedule.name;
  switch (schedule.overlap) {
    case Overlap::allow: return std::nullopt;
    case Overlap::skip: concurrency.on_conflict = store::OnConflict::skip; break;
    case Overlap::queue: concurrency.on_conflict = store::OnConflict::queue; break;
    case Overlap::cancel_other: concurrency.on_conflict = store::OnConflict::supersede; break;
  }
  return concurrency;
}

}  // namespace

std::string_view name(Overlap overlap) { return word_of(overlaps, overlap); }
std::optional<Overlap> parse_overlap(std::string_view word) { return value_of<Overlap>(overlaps, word); }
std::string_view name(CatchUp rule) { return word_of(rules, rule); }
std::optional<CatchUp> parse_catch_up(std::string_view word) { return value_of<CatchUp>(rules, word); }

std::variant<store::NewTask, Refusal> task_of(const Handlers& handlers, const Schedule& schedule, store::Timestamp tick, store::Timestamp now) {
  Wish wish = schedule.wish;
  wish.created_by = "schedule:" + schedule.name;
  wish.run_at = tick + schedules::jitter_of(schedule.name, tick, schedule.jitter);
  auto admitted = admit(handlers, std::move(wish), now);
  if (auto* task = std::get_if<store::NewTask>(&admitted)) {
    task->schedule = schedule.name;
    task->tick = tick;
    if (auto concurrency = concurrency_of(schedule)) task->concurrency = std::move(concurrency);
  }
  return admitted;
}

}  // namespace reeve::handlers
