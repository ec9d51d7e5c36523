// Who has what a queued task waits for.
#include "store/life.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {
namespace {

KeyHolder read_holder(Row row) {
  KeyHolder holder;
  holder.task = row.id();
  holder.status = parse_status(row.view()).value_or(Status::queued);
  holder.since = row.time();
  holder.run_at = row.time();
  return holder;
}

void count(Query& query, Waiting& waiting, std::int64_t limit) {
  while (!waiting.at_least && query.step()) {
    if (waiting.ahead == limit) waiting.at_least = true;
    else ++waiting.ahead;
  }
}

KeyHold read_key(Connection& db, const Task& task, Timestamp now, std::int64_t limit) {
  const std::string token = concurrency_token(task.kind, task.concurrency).value();
  KeyHold key;
  {
    Query holders = db.query(
        "SELECT id, status, coalesce(claimed_at, created_at), run_at FROM reeve_task INDEXED BY reeve_task_key WHERE concurrency = ? "
        "AND finished_at IS NULL AND status IN ('claimed', 'running') ORDER BY coalesce(claimed_at, created_at), id");
    holders.bind(token);
    for (; holders.step(); ++key.taken)
      if (key.holders.size() < key_holders_max) key.holders.push_back(read_holder(holders.row()));
  }
  {
    Query ready = db.query(
        "SELECT 1 FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ? AND hold = 0 AND run_at <= ? "
        "AND (-priority, run_at, id) < (?, ?, ?)");
    ready.bind(token, now, -task.priority, task.run_at, task.id);
    count(ready, key.waiting, limit);
  }
  // What is due but was not yet made ready.
  Query due = db.query(
      "SELECT 1 FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1 AND run_at <= ? AND concurrency = ? AND (-priority, run_at, id) < (?, ?, ?)");
  due.bind(now, token, -task.priority, task.run_at, task.id);
  count(due, key.waiting, limit);
  return key;
}

std::optional<KeyHolder> first_of_line(Connection& db, const Task& task) {
  {
    Query running = db.query(
        "SELECT id, status, coalesce(claimed_at, created_at), run_at FROM reeve_task INDEXED BY reeve_task_line_active "
        "WHERE order_key = ? AND lease_expires_at IS NOT NULL AND id <> ? ORDER BY id LIMIT 1");
    running.bind(task.order_key, task.id);
    if (running.step()) return read_holder(running.row());
  }
  Query oldest = db.query(
      "SELECT id, status, coalesce(claimed_at, created_at), run_at FROM reeve_task INDEXED BY reeve_task_line "
      "WHERE order_key = ? AND finished_at IS NULL AND id < ? ORDER BY id LIMIT 1");
  oldest.bind(task.order_key, task.id);
  if (oldest.step()) return read_holder(oldest.row());
  return std::nullopt;
}

}  // namespace

KeyHolds SqliteReader::key_holds(TaskId id, Timestamp now, std::int64_t limit) {
  const ReadTransaction one_state(db_);
  KeyHolds holds;
  const std::optional<HotTask> task = load_hot(db_, id);
  if (!task || task->status != Status::queued) return holds;
  if (task->concurrency) holds.key = read_key(db_, *task, now, limit);
  if (task->order_key.empty()) return holds;
  const std::optional<KeyHolder> first = first_of_line(db_, *task);
  if (!first) return holds;
  LineHold& line = holds.line.emplace();
  line.first = first;
  Query older = db_.query("SELECT 1 FROM reeve_task INDEXED BY reeve_task_line WHERE order_key = ? AND finished_at IS NULL AND id < ?");
  older.bind(task->order_key, id);
  count(older, line.waiting, limit);
  return holds;
}

}  // namespace reeve::store::sqlite
