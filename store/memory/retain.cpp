#include <algorithm>
#include <vector>

#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

RetentionReport MemoryMaintenance::retain(const RetentionPolicy& policy, Timestamp now, int limit) {
  state_.require_batch();
  RetentionReport report;
  const std::pair<Status, std::optional<Millis>> ages[] = {
      {Status::succeeded, policy.succeeded}, {Status::failed, policy.failed}, {Status::cancelled, policy.cancelled}};
  for (const auto& [status, age] : ages)
    if (age) report.tasks += retain_tasks(status, now - *age, now, limit - report.tasks);
  if (policy.events) report.events = retain_events(now - *policy.events, limit);
  if (policy.requests) report.requests = retain_requests(now - *policy.requests, limit);
  report.more = report.tasks >= limit || report.events >= limit || report.requests >= limit;
  return report;
}

std::int64_t MemoryMaintenance::retain_tasks(Status status, Timestamp before, Timestamp now, std::int64_t limit) {
  std::vector<const Task*> old;
  for (const auto& [id, task] : state_.tasks)
    if (task.status == status && *task.finished_at < before) old.push_back(&task);
  std::stable_sort(old.begin(), old.end(), [](const Task* a, const Task* b) { return a->finished_at < b->finished_at; });
  if (static_cast<std::int64_t>(old.size()) > limit) old.resize(static_cast<std::size_t>(limit));
  std::vector<TaskId> ids;
  for (const Task* task : old) ids.push_back(task->id);
  MemoryTasks tasks(state_);
  for (const TaskId id : ids) (void)tasks.remove(id, "retention", now);
  return static_cast<std::int64_t>(ids.size());
}

std::int64_t MemoryMaintenance::retain_events(Timestamp before, std::int64_t limit) {
  std::int64_t gone = 0;
  while (gone < limit && !state_.events.empty() && state_.events.begin()->second.at < before) {
    const std::int64_t seq = state_.events.begin()->first;
    state_.erase_event(seq);
    state_.set_pruned(seq);
    ++gone;
  }
  return gone;
}

std::int64_t MemoryMaintenance::retain_requests(Timestamp before, std::int64_t limit) {
  std::vector<std::pair<Timestamp, std::string>> old;
  for (const auto& [key, request] : state_.requests)
    if (request.at < before) old.emplace_back(request.at, key);
  std::sort(old.begin(), old.end());
  if (static_cast<std::int64_t>(old.size()) > limit) old.resize(static_cast<std::size_t>(limit));
  for (const auto& [at, key] : old) state_.forget_request(key);
  return static_cast<std::int64_t>(old.size());
}

Cursor MemoryMaintenance::append_event(const Event& event) {
  state_.require_batch();
  state_.append(event);
  return Cursor{state_.last_event};
}

}  // namespace reeve::store::memory
