#include "store/memory/reader.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "store/matching.hpp"
#include "store/memory/ends.hpp"
#include "store/memory/keys.hpp"

namespace reeve::store::memory {
namespace {

using Guard = std::lock_guard<std::mutex>;

Task without_payload(Task task) {
  task.payload.clear();
  task.result.reset();
  task.metadata.clear();
  return task;
}

double ms_between(Timestamp from, Timestamp to) { return static_cast<double>((to - from).count()); }

}  // namespace

std::optional<Task> MemoryReader::get(TaskId id) {
  const Guard guard(state_.mutex);
  const Task* task = state_.find(id);
  return task ? std::optional<Task>{with_block(*task)} : std::nullopt;
}

std::optional<TaskId> MemoryReader::find_external(std::string_view external_id) {
  const Guard guard(state_.mutex);
  for (const auto& [id, task] : state_.tasks)
    if (task.external_id == external_id) return id;
  return std::nullopt;
}

Task MemoryReader::with_block(Task task) const {
  task.block = Keys(state_).block_of(task);
  if (task.status == Status::queued && waits_for_others(state_, task.id))
    task.block = (task.block & ~static_cast<int>(Block::key)) | static_cast<int>(Block::dependency);
  return task;
}

TaskPage MemoryReader::list(const ListQuery& query, Timestamp now) {
  const Guard guard(state_.mutex);
  TaskPage page;
  PageRoom room(page_limit(query.limit));
  const bool newest_first = query.order == Order::newest_first;
  const auto look = [&](const Task& task) {
    if (query.after && (newest_first ? task.id >= *query.after : task.id <= *query.after)) return;
    if (page.more) return;
    Task seen = with_block(task);
    if (!matches(query.selector, seen, state_of(seen, now, state_.is_paused(task)))) return;
    if (!room.take(query.with_payload ? page_bytes(seen) : 0)) page.more = true;
    else page.tasks.push_back(query.with_payload ? std::move(seen) : without_payload(std::move(seen)));
  };
  if (newest_first) std::for_each(state_.tasks.rbegin(), state_.tasks.rend(), [&](const auto& row) { look(row.second); });
  else std::for_each(state_.tasks.begin(), state_.tasks.end(), [&](const auto& row) { look(row.second); });
  return page;
}

std::vector<Attempt> MemoryReader::attempts(TaskId id) {
  const Guard guard(state_.mutex);
  const auto found = state_.attempts.find(id);
  return found == state_.attempts.end() ? std::vector<Attempt>{} : found->second;
}

LogPage MemoryReader::log(const LogQuery& query) {
  const Guard guard(state_.mutex);
  LogPage page;
  if (const auto gone = state_.logs_let_go.find(query.task); gone != state_.logs_let_go.end()) page.let_go = gone->second;
  const auto found = state_.logs.find(query.task);
  if (found == state_.logs.end()) return page;
  std::vector<const LogLine*> matching;
  for (const LogLine& line : found->second)
    if (line.seq > query.after && (!query.epoch || line.epoch == *query.epoch)) matching.push_back(&line);
  if (query.last) std::reverse(matching.begin(), matching.end());
  PageRoom room(query.last ? std::clamp(*query.last, 0, 10'000) : page_limit(query.limit));
  for (const LogLine* line : matching) {
    if (!room.take(page_bytes(*line))) {
      page.more = !query.last;
      break;
    }
    page.lines.push_back(*line);
  }
  if (query.last) std::reverse(page.lines.begin(), page.lines.end());
  return page;
}

EventPage MemoryReader::events(const EventQuery& query) {
  const Guard guard(state_.mutex);
  EventPage page;
  page.last = query.after;
  const auto limit = static_cast<std::size_t>(page_limit(query.limit));
  for (auto at = state_.events.upper_bound(number(query.after)); at != state_.events.end(); ++at) {
    const Event& event = at->second;
    if (query.task && event.task != query.task) continue;
    if (page.events.size() == limit) {
      page.more = true;
      break;
    }
    page.last = event.seq;
    if (matches(query, event.type, event.kind, event.queue)) page.events.push_back(event);
  }
  return page;
}

Cursor MemoryReader::last_event() {
  const Guard guard(state_.mutex);
  return Cursor{state_.last_event};
}

Cursor MemoryReader::first_event() {
  const Guard guard(state_.mutex);
  return Cursor{state_.pruned_events + 1};
}

std::vector<CountRow> MemoryReader::counts() {
  const Guard guard(state_.mutex);
  std::map<std::tuple<std::string, std::string, Status>, std::int64_t> numbers;
  for (const auto& [id, task] : state_.tasks) ++numbers[{task.queue, task.kind, task.status}];
  std::vector<CountRow> rows;
  for (const auto& [key, count] : numbers) rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), count});
  return rows;
}

Paused MemoryReader::pauses() {
  const Guard guard(state_.mutex);
  return state_.paused();
}

std::vector<RateRow> MemoryReader::rates() {
  const Guard guard(state_.mutex);
  std::vector<RateRow> rows;
  for (const auto& [key, full_at] : state_.rates) {
    if (key.first == RateRow::Of::key) continue;
    RateRow& row = rows.emplace_back();
    row.of = key.first;
    row.name = key.second;
    row.full_at = full_at;
  }
  return rows;
}

std::optional<RateRow> MemoryReader::key_rate(std::string_view kind, std::string_view token) {
  const Guard guard(state_.mutex);
  const auto kept = state_.rates.find({RateRow::Of::key, key_rate_name(kind, token)});
  if (kept == state_.rates.end()) return std::nullopt;
  RateRow row;
  row.of = kept->first.first;
  row.name = kept->first.second;
  row.full_at = kept->second;
  return row;
}

std::vector<RunnerRow> MemoryReader::runners(int limit) {
  const Guard guard(state_.mutex);
  std::vector<RunnerRow> rows(state_.runners.rbegin(), state_.runners.rend());
  const auto wanted = static_cast<std::size_t>(page_limit(limit));
  if (rows.size() > wanted) rows.resize(wanted);
  return rows;
}

Position MemoryReader::position(TaskId id, Timestamp now, std::int64_t limit) {
  const Guard guard(state_.mutex);
  Position position;
  const Task* asked = state_.find(id);
  if (!asked || asked->status != Status::queued) return position;
  const auto place = [this](const Task& task) {
    const auto found = state_.places.find(task.id);
    return found == state_.places.end() ? std::optional<std::int64_t>{} : found->second;
  };
  const auto is_ahead = [&](const Task& task) {
    const auto one = place(task);
    const auto other = place(*asked);
    const auto order = [&](const Task& each, std::int64_t at) { return std::make_tuple(-each.priority, at, each.run_at, each.id); };
    if (!one || !other) return order(task, 0) < order(*asked, 0);
    return order(task, *one) < order(*asked, *other);
  };
  for (const auto& [other, task] : state_.tasks) {
    if (task.status != Status::queued || task.queue != asked->queue || task.run_at > now || waits_for_others(state_, other) || !is_ahead(task)) continue;
    if (position.ahead == limit) {
      position.at_least = true;
      break;
    }
    ++position.ahead;
    ++position.kinds[task.kind];
  }
  return position;
}

KeyHolds MemoryReader::key_holds(TaskId id, Timestamp now, std::int64_t limit) {
  const Guard guard(state_.mutex);
  const Task* task = state_.find(id);
  return task ? Keys(state_).holds(*task, now, limit) : KeyHolds{};
}

KindTimings MemoryReader::timings(std::string_view kind, int newest) {
  const Guard guard(state_.mutex);
  std::vector<std::tuple<Timestamp, const Task*, const Attempt*>> ended;
  for (const auto& [id, task] : state_.tasks) {
    const auto rows = state_.attempts.find(id);
    if (task.kind != kind || !is_terminal(task.status) || rows == state_.attempts.end() || rows->second.empty()) continue;
    const Attempt& last = rows->second.back();
    if (last.started_at && last.finished_at) ended.emplace_back(*task.finished_at, &task, &last);
  }
  std::sort(ended.begin(), ended.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(std::get<0>(a), std::get<1>(a)->id) > std::make_tuple(std::get<0>(b), std::get<1>(b)->id);
  });
  std::vector<TimingSample> samples;
  for (const auto& [at, task, attempt] : ended) {
    if (static_cast<int>(samples.size()) >= newest) break;
    samples.push_back({std::max(0.0, ms_between(task->run_at, *attempt->started_at)), ms_between(*attempt->started_at, *attempt->finished_at),
                       static_cast<double>(attempt->use.cpu_user_ms + attempt->use.cpu_system_ms), static_cast<double>(attempt->use.max_rss_kib)});
  }
  return timings_of(samples);
}

StoreFacts MemoryReader::facts() {
  StoreFacts facts;
  facts.engine = "memory";
  facts.durability = "none";
  const std::lock_guard<std::mutex> guard(state_.mutex);
  facts.inbox_waiting = static_cast<std::int64_t>(state_.inbox.size());
  facts.inbox_refused = static_cast<std::int64_t>(state_.refused.size());
  facts.warnings.push_back("the store is in memory: everything is lost when the daemon ends");
  return facts;
}

std::vector<std::string> MemoryReader::check() { return {}; }

void MemoryReader::backup(const std::string& path) {
  throw StoreError(StoreError::Kind::unusable, path + ": a store in memory cannot be backed up; use a sqlite: store");
}

}  // namespace reeve::store::memory
