// Retention of parts of tasks that have ended: logs and steps.
#include <algorithm>

#include "store/sqlite/retention_piece.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr int tasks_at_a_time = 100;

// A task, and how many bytes of log or steps it has.
using Sized = std::pair<TaskId, std::int64_t>;

std::vector<Sized> read_sized(Query& query) {
  std::vector<Sized> tasks;
  while (query.step()) {
    Row row = query.row();
    const TaskId id = row.id();
    tasks.emplace_back(id, row.integer());
  }
  return tasks;
}

}  // namespace

std::int64_t sum_of_logs(Connection& db) { return db.integer("SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'log_bytes'"); }

// The longest first.
void RetentionPiece::log_of_each_task() {
  if (!policy_.log_bytes_per_task) return;
  const std::int64_t most = std::max(*policy_.log_bytes_per_task, log_bytes_least);
  while (report_.log_lines < limit_) {
    Query query = db_.query(
        "SELECT id, log_bytes FROM reeve_task INDEXED BY reeve_task_long_log WHERE finished_at IS NOT NULL AND log_bytes > 4096 AND log_bytes > ? "
        "ORDER BY log_bytes DESC, id DESC LIMIT ?");
    query.bind(most, tasks_at_a_time);
    const std::vector<Sized> tasks = read_sized(query);
    for (const auto& [task, bytes] : tasks) trim_log(task, bytes - most);
    if (tasks.empty()) return;
  }
  reached_limit();
}

void RetentionPiece::all_logs() {
  if (!policy_.log_bytes) return;
  for (std::int64_t excess = 0; (excess = sum_of_logs(db_) - *policy_.log_bytes) > 0;) {
    if (report_.log_lines >= limit_) return reached_limit();
    Query query = db_.query(
        "SELECT id, log_bytes FROM reeve_task INDEXED BY reeve_task_logged WHERE finished_at IS NOT NULL AND log_bytes > 0 "
        "ORDER BY finished_at, id LIMIT ?");
    query.bind(tasks_at_a_time);
    const std::vector<Sized> tasks = read_sized(query);
    if (tasks.empty()) return;  // the rest belongs to open tasks
    for (const auto& [task, bytes] : tasks) {
      if (excess <= 0) break;
      const std::int64_t before = report_.log_bytes;
      trim_log(task, std::min(excess, bytes));
      excess -= report_.log_bytes - before;
    }
  }
}

// The first lines, until `excess` bytes are gone or the piece is full.
void RetentionPiece::trim_log(TaskId task, std::int64_t excess) {
  std::int64_t last = 0, gone = 0;
  {
    Query query = db_.query(
        "SELECT seq, length(message) + coalesce(length(CAST(meta AS BLOB)), 0) FROM reeve_log WHERE task = ? ORDER BY seq LIMIT ?");
    query.bind(task, limit_ - report_.log_lines);
    while (gone < excess && query.step()) {
      Row row = query.row();
      last = row.integer();
      gone += row.integer();
      ++report_.log_lines;
    }
  }
  if (last == 0) return;
  report_.log_bytes += gone;
  db_.query("DELETE FROM reeve_log WHERE task = ? AND seq <= ?").bind(task, last).run();
  db_.query("UPDATE reeve_task SET log_bytes = log_bytes - ?, log_let_go = ? WHERE id = ?").bind(gone, last, task).run();
}

// Those with the most first.
void RetentionPiece::steps() {
  if (!policy_.steps_per_task) return;
  while (report_.steps < limit_) {
    Query query = db_.query(
        "SELECT id, steps FROM reeve_task INDEXED BY reeve_task_many_steps WHERE status = 'succeeded' AND steps > 0 AND steps > ? "
        "ORDER BY steps DESC, id DESC LIMIT ?");
    query.bind(*policy_.steps_per_task, tasks_at_a_time);
    const std::vector<Sized> tasks = read_sized(query);
    for (const auto& [task, count] : tasks) trim_steps(task, count - *policy_.steps_per_task);
    if (tasks.empty()) return;
  }
  reached_limit();
}

void RetentionPiece::trim_steps(TaskId task, std::int64_t excess) {
  std::vector<std::int64_t> first;
  {
    Query query = db_.query("SELECT id FROM reeve_step WHERE task = ? ORDER BY id LIMIT ?");
    query.bind(task, std::min(excess, limit_ - report_.steps));
    while (query.step()) first.push_back(query.row().integer());
  }
  if (first.empty()) return;
  const std::int64_t last = first.back();
  db_.query("DELETE FROM reeve_step_try WHERE task = ? AND step <= ?").bind(task, last).run();
  db_.query("DELETE FROM reeve_step WHERE task = ? AND id <= ?").bind(task, last).run();
  const auto count = static_cast<std::int64_t>(first.size());
  db_.query("UPDATE reeve_task SET steps = steps - ? WHERE id = ?").bind(count, task).run();
  report_.steps += count;
}

}  // namespace reeve::store::sqlite
