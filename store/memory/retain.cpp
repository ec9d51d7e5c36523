#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "store/memory/reader.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {
namespace {

using Guard = std::lock_guard<std::mutex>;

std::int64_t bytes_of(const LogLine& line) { return static_cast<std::int64_t>(line.message.size() + line.meta.size()); }

std::int64_t log_bytes_of(const State& state, TaskId task) {
  std::int64_t bytes = 0;
  if (const auto found = state.logs.find(task); found != state.logs.end())
    for (const LogLine& line : found->second) bytes += bytes_of(line);
  return bytes;
}

std::int64_t all_log_bytes(const State& state) {
  std::int64_t bytes = 0;
  for (const auto& [task, lines] : state.logs) bytes += log_bytes_of(state, task);
  return bytes;
}

// One piece, in the order that the contract gives. Every question is asked of all tasks.
class Piece {
 public:
  Piece(State& state, const RetentionPolicy& policy, Timestamp now, int limit)
      : state_(state), policy_(policy), now_(now), limit_(std::max(limit, 0)) {}

  RetentionReport run() {
    events();
    for (const Status status : {Status::succeeded, Status::failed, Status::cancelled})
      for (const std::string& kind : kinds()) tasks(status, kind);
    empty_batches();
    log_of_each_task();
    all_logs();
    steps();
    requests();
    if (!report_.more) report_.next_due = next_due();
    return report_;
  }

 private:
  void events() {
    if (!policy_.events && !policy_.newest_events) return;
    const std::int64_t surplus = policy_.newest_events ? state_.last_event - *policy_.newest_events : 0;
    while (report_.events < limit_ && !state_.events.empty()) {
      const Event& first = state_.events.begin()->second;
      const std::int64_t seq = number(first.seq);
      if (seq > surplus && !(policy_.events && first.at < now_ - *policy_.events)) return;
      state_.erase_event(seq);
      state_.set_pruned(seq);
      ++report_.events;
    }
    if (report_.events == limit_) report_.more = true;
  }

  std::set<std::string> kinds() const {
    std::set<std::string> all;
    for (const auto& [id, task] : state_.tasks) all.insert(task.kind);
    return all;
  }

  // Those that ended first come first.
  template <class Wanted>
  std::vector<const Task*> ended(Wanted wanted) const {
    std::vector<const Task*> found;
    for (const auto& [id, task] : state_.tasks)
      if (is_terminal(task.status) && wanted(task)) found.push_back(&task);
    std::stable_sort(found.begin(), found.end(), [](const Task* a, const Task* b) { return a->finished_at < b->finished_at; });
    return found;
  }

  void tasks(Status status, const std::string& kind) {
    const KeptFor kept = kept_for(policy_, status);
    const std::optional<Millis> age = kept.age;
    const auto all = ended([&](const Task& task) { return task.status == status && task.kind == kind; });
    const std::int64_t surplus = kept.newest ? static_cast<std::int64_t>(all.size()) - *kept.newest : 0;
    std::vector<TaskId> old;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (static_cast<std::int64_t>(i) >= surplus && !(age && *all[i]->finished_at < now_ - *age)) break;
      if (report_.tasks + static_cast<std::int64_t>(old.size()) == limit_) {
        report_.more = true;
        break;
      }
      old.push_back(all[i]->id);
    }
    MemoryTasks verbs(state_);
    for (const TaskId id : old) (void)verbs.remove(id, "retention", now_);
    const auto count = static_cast<std::int64_t>(old.size());
    report_.tasks += count;
    (status == Status::succeeded ? report_.succeeded : status == Status::failed ? report_.failed : report_.cancelled) += count;
  }

  void empty_batches() {
    if (!policy_.succeeded) return;
    std::int64_t gone = 0;
    std::vector<std::pair<Timestamp, BatchId>> old;
    for (const auto& [id, row] : state_.batches)
      if (row.empty && *row.batch.finished_at < now_ - *policy_.succeeded) old.emplace_back(*row.batch.finished_at, id);
    std::sort(old.begin(), old.end());
    for (const auto& [at, id] : old) {
      if (gone == limit_) break;
      state_.erase(state_.batches, id);
      ++gone;
    }
    if (gone == limit_ && limit_ > 0) report_.more = true;
  }

  void log_of_each_task() {
    if (!policy_.log_bytes_per_task) return;
    const std::int64_t most = std::max(*policy_.log_bytes_per_task, log_bytes_least);
    std::vector<std::pair<std::int64_t, TaskId>> long_ones;
    for (const Task* task : ended([](const Task&) { return true; }))
      if (const std::int64_t bytes = log_bytes_of(state_, task->id); bytes > most) long_ones.emplace_back(bytes, task->id);
    std::sort(long_ones.rbegin(), long_ones.rend());
    for (const auto& [bytes, task] : long_ones) trim_log(task, bytes - most);
    if (report_.log_lines >= limit_) report_.more = true;
  }

  void all_logs() {
    if (!policy_.log_bytes) return;
    std::int64_t excess = all_log_bytes(state_) - *policy_.log_bytes;
    for (const Task* task : ended([](const Task&) { return true; })) {
      if (excess <= 0) return;
      const std::int64_t before = report_.log_bytes;
      const std::int64_t bytes = log_bytes_of(state_, task->id);
      if (bytes == 0) continue;
      if (report_.log_lines >= limit_) break;
      trim_log(task->id, std::min(excess, bytes));
      excess -= report_.log_bytes - before;
    }
    if (excess > 0 && report_.log_lines >= limit_) report_.more = true;
  }

  void trim_log(TaskId task, std::int64_t excess) {
    auto& lines = state_.edit(state_.logs, task);
    std::int64_t gone = 0;
    auto line = lines.begin();
    for (; line != lines.end() && gone < excess && report_.log_lines < limit_; ++line) {
      gone += bytes_of(*line);
      ++report_.log_lines;
    }
    if (line == lines.begin()) return;
    state_.edit(state_.logs_let_go, task) = std::prev(line)->seq;
    lines.erase(lines.begin(), line);
    report_.log_bytes += gone;
  }

  void steps() {
    if (!policy_.steps_per_task) return;
    std::vector<std::pair<std::int64_t, TaskId>> many;
    for (const auto& [id, task] : state_.tasks)
      if (const auto count = static_cast<std::int64_t>(State::keys_of(state_.steps, id).size()); task.status == Status::succeeded && count > *policy_.steps_per_task)
        many.emplace_back(count, id);
    std::sort(many.rbegin(), many.rend());
    for (const auto& [count, task] : many) trim_steps(task, count - *policy_.steps_per_task);
    if (report_.steps >= limit_) report_.more = true;
  }

  void trim_steps(TaskId task, std::int64_t excess) {
    std::vector<std::pair<std::int64_t, std::string>> rows;
    for (const auto& key : State::keys_of(state_.steps, task)) rows.emplace_back(state_.steps.at(key).number, key.second);
    std::sort(rows.begin(), rows.end());
    for (const auto& [order, name] : rows) {
      if (excess-- == 0 || report_.steps == limit_) return;
      for (const auto& key : State::keys_of(state_.step_tries, task))
        if (state_.step_tries.at(key).name == name) state_.erase(state_.step_tries, key);
      state_.erase(state_.steps, {task, name});
      ++report_.steps;
    }
  }

  void requests() {
    if (!policy_.requests) return;
    std::vector<std::pair<Timestamp, std::string>> old;
    for (const auto& [key, request] : state_.requests)
      if (request.at < now_ - *policy_.requests) old.emplace_back(request.at, key);
    std::sort(old.begin(), old.end());
    if (static_cast<std::int64_t>(old.size()) > limit_) old.resize(static_cast<std::size_t>(limit_));
    for (const auto& [at, key] : old) state_.forget_request(key);
    report_.requests = static_cast<std::int64_t>(old.size());
    if (report_.requests == limit_) report_.more = true;
  }

  std::optional<Timestamp> next_due() const {
    std::optional<Timestamp> next;
    const auto consider = [&](Timestamp at, const std::optional<Millis>& age) {
      if (age) next = std::min(next.value_or(Timestamp::max()), at + *age + Millis{1});
    };
    for (const auto& [id, task] : state_.tasks) {
      if (task.status == Status::succeeded) consider(*task.finished_at, policy_.succeeded);
      if (task.status == Status::failed) consider(*task.finished_at, policy_.failed);
      if (task.status == Status::cancelled) consider(*task.finished_at, policy_.cancelled);
    }
    for (const auto& [id, row] : state_.batches)
      if (row.empty) consider(*row.batch.finished_at, policy_.succeeded);
    if (!state_.events.empty()) consider(state_.events.begin()->second.at, policy_.events);
    for (const auto& [key, request] : state_.requests) consider(request.at, policy_.requests);
    return next;
  }

  State& state_;
  const RetentionPolicy& policy_;
  Timestamp now_;
  std::int64_t limit_;
  RetentionReport report_{};
};

}  // namespace

RetentionReport MemoryMaintenance::retain(const RetentionPolicy& policy, Timestamp now, int limit) {
  state_.require_batch();
  return Piece(state_, policy, now, limit).run();
}

SpaceGiven MemoryMaintenance::give_space_back(std::int64_t) {
  state_.require_batch();
  return {};
}

Cursor MemoryMaintenance::append_event(const Event& event) {
  state_.require_batch();
  state_.append(event);
  return Cursor{state_.last_event};
}

// Done and undone: what it would be is what it is.
RetentionReport MemoryReader::would_let_go(const RetentionPolicy& policy, Timestamp now) {
  const Guard guard(state_.mutex);
  state_.begin();
  RetentionReport report = Piece(state_, policy, now, std::numeric_limits<int>::max()).run();
  state_.rollback();
  report.next_due.reset();
  return report;
}

StoreAnatomy MemoryReader::anatomy() {
  StoreAnatomy anatomy;
  anatomy.facts = facts();
  anatomy.counts = counts();
  const Guard guard(state_.mutex);
  const auto add = [&anatomy](std::string name, std::size_t rows) { anatomy.tables.push_back({std::move(name), static_cast<std::int64_t>(rows), 0}); };
  std::size_t attempts = 0, lines = 0;
  for (const auto& [task, rows] : state_.attempts) attempts += rows.size();
  for (const auto& [task, rows] : state_.logs) lines += rows.size();
  add("attempt", attempts);
  add("batch", state_.batches.size());
  add("dependency", state_.dependencies.size());
  add("event", state_.events.size());
  add("log", lines);
  add("pause", state_.pauses.size());
  add("request", state_.requests.size());
  add("runner", state_.runners.size());
  add("signal", state_.signals.size());
  add("step", state_.steps.size());
  add("step_try", state_.step_tries.size());
  add("task", state_.tasks.size());
  add("timer", state_.timers.size());
  anatomy.log_bytes = all_log_bytes(state_);
  for (const auto& [id, task] : state_.tasks) {
    anatomy.oldest_task = std::min(anatomy.oldest_task.value_or(task.created_at), task.created_at);
    anatomy.newest_task = std::max(anatomy.newest_task.value_or(task.created_at), task.created_at);
    if (task.finished_at) anatomy.oldest_end = std::min(anatomy.oldest_end.value_or(*task.finished_at), *task.finished_at);
  }
  if (!state_.events.empty()) {
    anatomy.oldest_event = state_.events.begin()->second.at;
    anatomy.newest_event = state_.events.rbegin()->second.at;
  }
  return anatomy;
}

}  // namespace reeve::store::memory
