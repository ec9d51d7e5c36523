#include "store/event_data.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

Event runner_event(std::string_view type, std::int64_t runner, std::string data, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.runner = runner;
  event.actor = "runner";
  event.data = std::move(data);
  return event;
}

}  // namespace

std::int64_t SqliteRunners::open_runner(const RunnerIdentity& identity, Timestamp now) {
  session_.require_batch();
  const std::int64_t id = session_.next_runner();
  session_.shares.clear();
  {
    Query row = session_.db.query("INSERT INTO reeve_runner (id, name, boot_id, incarnation, pid, started_at) VALUES (?, ?, ?, ?, ?, ?)");
    row.bind(id, identity.name, identity.boot_id, identity.incarnation, identity.pid, now).run();
  }
  session_.append(runner_event("runner.started", id, event_data::runner(identity.name, identity.pid), now));
  return id;
}

void SqliteRunners::stop(std::int64_t runner, std::string data, Timestamp now) {
  Query row = session_.db.query("UPDATE reeve_runner SET stopped_at = ? WHERE id = ? AND stopped_at IS NULL");
  if (row.bind(now, runner).run_counting() == 0) return;
  session_.append(runner_event("runner.stopped", runner, std::move(data), now));
}

void SqliteRunners::close_runner(std::int64_t runner, Timestamp now) {
  session_.require_batch();
  stop(runner, {}, now);
}

ExpireAnswer SqliteRunners::requeue_dead(std::int64_t survivor, Timestamp now, int limit) {
  session_.require_batch();
  std::vector<TaskId> orphans;
  {
    Query query = session_.db.query(
        "SELECT id FROM reeve_task INDEXED BY reeve_task_lease WHERE lease_expires_at IS NOT NULL AND runner <> ? ORDER BY id LIMIT max(?, 0)");
    query.bind(survivor, limit);
    while (query.step()) orphans.push_back(query.row().id());
  }
  ExpireAnswer answer;
  for (const TaskId id : orphans) answer.lost.push_back(tasks_.take_back(id, LostBy::death, now));
  tasks_.settle(now);
  answer.more = static_cast<int>(answer.lost.size()) >= limit;
  if (answer.more) return answer;
  std::vector<std::int64_t> dead;
  {
    Query query = session_.db.query("SELECT id FROM reeve_runner WHERE id <> ? AND stopped_at IS NULL ORDER BY id");
    query.bind(survivor);
    while (query.step()) dead.push_back(query.row().integer());
  }
  for (const std::int64_t runner : dead) stop(runner, event_data::runner_dead(), now);
  return answer;
}

}  // namespace reeve::store::sqlite
