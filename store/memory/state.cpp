#include "store/memory/state.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace reeve::store::memory {

void State::begin() {
  in_batch_ = true;
  undo_.clear();
}

void State::commit() {
  in_batch_ = false;
  undo_.clear();
}

void State::rollback() {
  go_back(0);
  rate_book.forget();
  in_batch_ = false;
}

void State::go_back(std::size_t mark) {
  while (undo_.size() > mark) {
    undo_.back()();
    undo_.pop_back();
  }
}

void State::require_batch() const {
  if (!in_batch_) throw std::logic_error("a verb of the store was called outside batch()");
}

Task* State::find(TaskId id) {
  const auto found = tasks.find(id);
  return found == tasks.end() ? nullptr : &found->second;
}

const Task* State::find(TaskId id) const { return const_cast<State*>(this)->find(id); }

Task& State::edit(Task& task) {
  undo_.push_back([this, before = task] { tasks[before.id] = before; });
  return task;
}

Task& State::add(Task task) {
  undo_.push_back([this, id = task.id] { tasks.erase(id); });
  const TaskId id = task.id;
  return tasks[id] = std::move(task);
}

Attempt& State::add(Attempt attempt) {
  auto& rows = attempts[attempt.task];
  undo_.push_back([this, id = attempt.task] { attempts[id].pop_back(); });
  return rows.emplace_back(std::move(attempt));
}

Attempt& State::edit_attempt(ClaimKey claim) {
  for (Attempt& attempt : attempts[claim.task]) {
    if (attempt.epoch != claim.epoch) continue;
    undo_.push_back([this, before = attempt] {
      for (Attempt& row : attempts[before.task])
        if (row.epoch == before.epoch) row = before;
    });
    return attempt;
  }
  throw std::logic_error("task " + std::to_string(number(claim.task)) + " has no attempt with epoch " + std::to_string(claim.epoch));
}

void State::append(Event event) {
  note(last_event);
  event.seq = Cursor{++last_event};
  undo_.push_back([this, seq = last_event] { events.erase(seq); });
  events.emplace(last_event, std::move(event));
}

void State::append_log(ClaimKey claim, const LogLine& line) {
  auto& lines = logs[claim.task];
  const auto let_go = logs_let_go.find(claim.task);
  const std::int64_t before = !lines.empty() ? lines.back().seq : let_go == logs_let_go.end() ? 0 : let_go->second;
  undo_.push_back([this, id = claim.task] { logs[id].pop_back(); });
  lines.push_back(line);
  lines.back().task = claim.task;
  lines.back().epoch = claim.epoch;
  lines.back().seq = before + 1;
}

void State::note_progress_event(TaskId id, std::optional<Timestamp> at) {
  const auto found = progress_events.find(id);
  const auto before = found == progress_events.end() ? std::optional<Timestamp>{} : found->second;
  undo_.push_back([this, id, before] {
    if (before) progress_events[id] = *before;
    else progress_events.erase(id);
  });
  if (at) progress_events[id] = *at;
  else progress_events.erase(id);
}

void State::erase_task(TaskId id) {
  std::vector<std::int64_t> own;
  for (const auto& [seq, event] : events)
    if (event.task == id) own.push_back(seq);
  for (const std::int64_t seq : own) erase_event(seq);
  note_progress_event(id, std::nullopt);
  for (const auto& key : keys_of(steps, id)) erase(steps, key);
  for (const auto& key : keys_of(step_tries, id)) erase(step_tries, key);
  for (const auto& key : keys_of(signals, id)) erase(signals, key);
  for (const auto& key : keys_of(timers, id)) erase(timers, key);
  erase(logs_let_go, id);
  for (const auto& key : keys_of(dependencies, id)) erase(dependencies, key);
  erase(after_policies, id);
  const std::optional<BatchId> batch = tasks.at(id).batch;
  if (batch) store::add(edit(batches, *batch).batch.counts, tasks.at(id).status, 1);
  undo_.push_back([this, task = std::move(tasks[id]), rows = std::move(attempts[id]), lines = std::move(logs[id])] {
    attempts[task.id] = rows;
    logs[task.id] = lines;
    tasks[task.id] = task;
  });
  tasks.erase(id);
  attempts.erase(id);
  logs.erase(id);
  const auto shares_it = [&](const auto& row) { return row.second.batch == batch; };
  if (batch && batches.at(*batch).batch.finished_at && std::none_of(tasks.begin(), tasks.end(), shares_it)) erase(batches, *batch);
}

void State::erase_event(std::int64_t seq) {
  undo_.push_back([this, seq, event = events.at(seq)] { events[seq] = event; });
  events.erase(seq);
}

void State::set_pruned(std::int64_t seq) {
  note(pruned_events);
  pruned_events = seq;
}

void State::remember(const std::string& key, RememberedRequest request) {
  undo_.push_back([this, key] { requests.erase(key); });
  requests[key] = std::move(request);
}

void State::forget_request(const std::string& key) {
  undo_.push_back([this, key, before = requests.at(key)] { requests[key] = before; });
  requests.erase(key);
}

bool State::is_paused(const Task& task) const { return paused().holds(task); }

Paused State::paused() const {
  Paused all;
  for (const auto& [queue, pause] : pauses) all.queues.push_back(pause);
  for (const auto& [kind, pause] : kind_pauses) all.kinds.push_back(pause);
  for (const auto& [label, pause] : label_pauses) all.labels.push_back(pause);
  return all;
}

void State::set_pause(const QueuePause& pause) {
  note(pauses);
  pauses[pause.queue] = pause;
}

void State::erase_pause(std::string_view queue) {
  note(pauses);
  pauses.erase(std::string(queue));
}

RunnerRow& State::add(RunnerRow runner) {
  note(runners);
  return runners.emplace_back(std::move(runner));
}

void State::stop_runner(RunnerRow& runner, Timestamp at) {
  undo_.push_back([this, id = runner.id] {
    for (RunnerRow& row : runners)
      if (row.id == id) row.stopped_at.reset();
  });
  runner.stopped_at = at;
}

}  // namespace reeve::store::memory
