// Leases: renewed, run out, or the property of the dead.
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

std::vector<ClaimKey> SqliteTasks::renew(std::span<const ClaimKey> claims, Timestamp lease_expires_at, Timestamp now) {
  session_.require_batch();
  std::vector<ClaimKey> lost;
  for (const ClaimKey claim : claims) {
    Query row = session_.db.query(
        "UPDATE reeve_task SET lease_expires_at = ? WHERE id = ? AND epoch = ? AND lease_expires_at IS NOT NULL AND lease_expires_at > ?");
    row.bind(lease_expires_at, claim.task, claim.epoch, now);
    if (row.run_counting() == 0) lost.push_back(claim);
  }
  return lost;
}

ExpireAnswer SqliteTasks::expire(Timestamp now, int limit) {
  session_.require_batch();
  std::vector<TaskId> run_out;
  {
    Query query = session_.db.query(
        "SELECT id FROM reeve_task INDEXED BY reeve_task_lease WHERE lease_expires_at IS NOT NULL AND lease_expires_at <= ? "
        "ORDER BY lease_expires_at, id LIMIT max(?, 0)");
    query.bind(now, limit);
    while (query.step()) run_out.push_back(query.row().id());
  }
  ExpireAnswer answer;
  for (const TaskId id : run_out) answer.lost.push_back(take_back(id, LostBy::lease, now));
  answer.expired = cancel_expired(now, limit - static_cast<int>(answer.lost.size()));
  settle(now);
  answer.more = static_cast<int>(answer.lost.size() + answer.expired.size()) >= limit;
  return answer;
}

Lost SqliteTasks::take_back(TaskId id, LostBy cause, Timestamp now) {
  HotTask task = load_hot(session_.db, id).value();
  const Task before = task;
  const Finish lost = lost_attempt(task, cause, now);
  Task after = task;
  (void)end_attempt(after, lost, now);  // where it will go, for the event that comes first
  session_.append(lease_lost_event(before, cause, after.status, now));
  end(task, lost, now);
  return {lost.claim, task.status};
}

std::vector<TaskId> SqliteTasks::cancel_expired(Timestamp now, int limit) {
  std::vector<TaskId> expired;
  {
    Query query = session_.db.query(
        "SELECT id FROM reeve_task INDEXED BY reeve_task_expires WHERE hold IS NOT NULL AND expires_at IS NOT NULL AND expires_at <= ? "
        "ORDER BY expires_at, id LIMIT max(?, 0)");
    query.bind(now, limit);
    while (query.step()) expired.push_back(query.row().id());
  }
  for (const TaskId id : expired) {
    HotTask task = load_hot(session_.db, id).value();
    cancel_queued(task, "expired", "not started before it expired", "runner", now);
  }
  return expired;
}

}  // namespace reeve::store::sqlite
