#include "store/event_data.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

std::optional<Task> SqliteJournal::held(ClaimKey claim) {
  session_.require_batch();
  std::optional<Task> task = load_hot(session_.db, claim.task);
  if (task && !holds(*task, claim)) task.reset();
  return task;
}

void saw_life(Session& session, const Task& task, Timestamp now) {
  {
    Query row = session.db.query("UPDATE reeve_task SET last_seen_at = ?, stale_at = NULL, stale_reason = NULL WHERE id = ?");
    row.bind(now, task.id).run();
  }
  if (!task.stale_at) return;
  Event event = event_about(task, "task.stale", "handler", now);
  event.data = event_data::stale_cleared();
  session.append(event);
}

bool SqliteJournal::progress(ClaimKey claim, const Progress& progress, Timestamp now) {
  std::optional<Task> task = held(claim);
  if (!task) return false;
  saw_life(session_, *task, now);
  std::optional<Timestamp> last_event;
  {
    Query before = session_.db.query("SELECT " REEVE_PROGRESS_COLUMNS ", g.event_at FROM reeve_progress g WHERE g.task = ?");
    if (before.bind(task->id).step()) {
      Row row = before.row();
      read_progress(row, *task);
      last_event = row.time();
    }
  }
  const Progress merged = merge(task->progress, progress);
  const bool tell = !last_event || now - *last_event >= progress_event_interval;
  {
    Query row = session_.db.query(
        "INSERT OR REPLACE INTO reeve_progress (task, percent, current, total, label, meta, at, event_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(task->id, merged.percent, merged.current, merged.total, or_null(merged.label), or_null(merged.meta), now, tell ? now : *last_event);
    row.run();
  }
  if (!tell) return true;
  Event event = event_about(*task, "task.progress", "handler", now);
  event.data = event_data::progress(merged);
  session_.append(event);
  return true;
}

bool SqliteJournal::log(ClaimKey claim, std::span<const LogLine> lines, Timestamp now) {
  const std::optional<Task> task = held(claim);
  if (!task) return false;
  if (lines.empty()) return true;
  saw_life(session_, *task, now);
  std::int64_t seq = 0;
  {
    Query last = session_.db.query(
        "SELECT max(coalesce((SELECT max(seq) FROM reeve_log WHERE task = ?1), 0), (SELECT log_let_go FROM reeve_task WHERE id = ?1))");
    if (last.bind(claim.task).step()) seq = last.row().integer();
  }
  std::int64_t bytes = 0;
  Query row = session_.db.query("INSERT INTO reeve_log (task, seq, epoch, at, stream, level, message, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const LogLine& line : lines) {
    row.bind(claim.task, ++seq, claim.epoch, line.at, static_cast<int>(line.stream), or_null(line.level), Blob{line.message}, or_null(line.meta));
    row.run();
    row.again();
    bytes += static_cast<std::int64_t>(line.message.size() + line.meta.size());
  }
  session_.db.query("UPDATE reeve_task SET log_bytes = log_bytes + ? WHERE id = ?").bind(bytes, claim.task).run();
  return true;
}

bool SqliteJournal::flag_stale(ClaimKey claim, std::string_view reason, Timestamp now) {
  const std::optional<Task> task = held(claim);
  if (!task) return false;
  if (task->stale_at) return true;
  {
    Query row = session_.db.query("UPDATE reeve_task SET stale_at = ?, stale_reason = ? WHERE id = ?");
    row.bind(now, or_null(reason), claim.task).run();
  }
  Event event = event_about(*task, "task.stale", "runner", now);
  event.data = event_data::reason(reason);
  session_.append(event);
  return true;
}

bool SqliteJournal::clear_stale(ClaimKey claim, Timestamp now) {
  const std::optional<Task> task = held(claim);
  if (!task) return false;
  saw_life(session_, *task, now);
  return true;
}

}  // namespace reeve::store::sqlite
