#include "store/matching.hpp"
#include "store/sqlite/inspect.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {

SqliteReader::SqliteReader(std::string path, Durability durability, Millis busy_timeout)
    : db_(std::move(path), Access::read, busy_timeout), durability_(durability) {
  db_.run("PRAGMA cache_size = -1000");
}

std::optional<Task> SqliteReader::get(TaskId id) {
  const ReadTransaction one_state(db_);
  return load_whole(db_, id);
}

std::optional<TaskId> SqliteReader::find_external(std::string_view external_id) {
  Query query = db_.query("SELECT id FROM reeve_task WHERE external_id = ?");
  query.bind(external_id);
  return query.step() ? std::optional<TaskId>{query.row().id()} : std::nullopt;
}

std::vector<Attempt> SqliteReader::attempts(TaskId id) {
  Query query = db_.query(
      "SELECT a.task, a.epoch, a.number, a.generation, a.runner, a.executor, a.pid, a.claimed_at, a.started_at, a.finished_at, a.outcome, "
      "a.exit_code, a.cpu_user_ms, a.cpu_system_ms, a.max_rss_kib, a.read_bytes, a.write_bytes, a.output_bytes, a.dropped_bytes, "
      "a.left_children, " REEVE_ERROR_COLUMNS
      " FROM reeve_attempt a LEFT JOIN reeve_error e ON e.task = a.task AND e.epoch = a.epoch WHERE a.task = ? ORDER BY a.epoch");
  query.bind(id);
  std::vector<Attempt> attempts;
  while (query.step()) {
    Row row = query.row();
    Attempt& attempt = attempts.emplace_back();
    attempt.task = row.id();
    attempt.epoch = row.integer();
    attempt.number = row.small();
    attempt.generation = row.small();
    attempt.runner = row.integer();
    attempt.executor = row.text();
    attempt.pid = row.integer();
    attempt.claimed_at = row.time();
    attempt.started_at = row.maybe_time();
    attempt.finished_at = row.maybe_time();
    if (const auto outcome = row.maybe_text()) attempt.outcome = parse_outcome(*outcome);
    attempt.exit_code = row.maybe_small();
    attempt.use = {row.integer(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer(), row.integer()};
    attempt.left_children = row.small();
    read_error(row, attempt.error);
  }
  return attempts;
}

}  // namespace reeve::store::sqlite
