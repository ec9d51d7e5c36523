#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

RetentionReport SqliteMaintenance::retain(const RetentionPolicy& policy, Timestamp now, int limit) {
  session_.require_batch();
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

std::int64_t SqliteMaintenance::retain_tasks(Status status, Timestamp before, Timestamp now, std::int64_t limit) {
  std::vector<TaskId> old;
  {
    Query query = session_.db.query(
        "SELECT id FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND finished_at IS NOT NULL AND finished_at < ? "
        "ORDER BY finished_at, id LIMIT max(?, 0)");
    query.bind(name(status), before, limit);
    while (query.step()) old.push_back(query.row().id());
  }
  for (const TaskId id : old) (void)tasks_.remove(id, "retention", now);
  return static_cast<std::int64_t>(old.size());
}

// Only from the front: a cursor either has everything behind it or is told that it has not.
std::int64_t SqliteMaintenance::retain_events(Timestamp before, std::int64_t limit) {
  std::int64_t last = 0;
  {
    Query query = session_.db.query("SELECT seq, at FROM reeve_event ORDER BY seq LIMIT max(?, 0)");
    query.bind(limit);
    while (query.step()) {
      Row row = query.row();
      const std::int64_t seq = row.integer();
      if (row.time() >= before) break;
      last = seq;
    }
  }
  if (last == 0) return 0;
  session_.prune_events_to(last);
  return session_.db.query("DELETE FROM reeve_event WHERE seq <= ?").bind(last).run_counting();
}

std::int64_t SqliteMaintenance::retain_requests(Timestamp before, std::int64_t limit) {
  Query row = session_.db.query("DELETE FROM reeve_request WHERE key IN (SELECT key FROM reeve_request WHERE at < ? ORDER BY at LIMIT max(?, 0))");
  return row.bind(before, limit).run_counting();
}

Cursor SqliteMaintenance::append_event(const Event& event) {
  session_.require_batch();
  session_.append(event);
  return Cursor{session_.last_event()};
}

}  // namespace reeve::store::sqlite
