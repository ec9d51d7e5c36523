#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

enum class Known { no, pending, fired };

Known look_up(Connection& db, TaskId task, std::string_view name) {
  Query query = db.query("SELECT fired_at IS NOT NULL FROM reeve_timer WHERE task = ? AND name = ?");
  query.bind(task, name);
  if (!query.step()) return Known::no;
  return query.row().flag() ? Known::fired : Known::pending;
}

std::int64_t pending_timers(Connection& db, TaskId task) {
  Query query = db.query("SELECT count(*) FROM reeve_timer WHERE task = ? AND fired_at IS NULL");
  query.bind(task);
  return query.step() ? query.row().integer() : 0;
}

}  // namespace

TimerResult SqliteSteps::set_timer(ClaimKey claim, std::string_view name, Timestamp at, Timestamp now) {
  const std::optional<HotTask> task = held(claim, now);
  if (!task) return TimerResult::lost;
  const Known known = look_up(session_.db, task->id, name);
  if (known == Known::fired) return TimerResult::already_fired;
  if (known == Known::no && task->timers && pending_timers(session_.db, task->id) >= timers_max) return TimerResult::refused;
  {
    Query row = session_.db.query("INSERT INTO reeve_timer (task, name, at) VALUES (?, ?, ?) ON CONFLICT (task, name) DO UPDATE SET at = excluded.at");
    row.bind(task->id, name, at).run();
  }
  if (!task->timers) session_.db.query("UPDATE reeve_task SET timers = 1 WHERE id = ?").bind(task->id).run();
  return at <= now ? TimerResult::fires_now : TimerResult::set;
}

TimerResult SqliteSteps::cancel_timer(ClaimKey claim, std::string_view name, Timestamp now) {
  const std::optional<HotTask> task = held(claim, now);
  if (!task) return TimerResult::lost;
  switch (look_up(session_.db, task->id, name)) {
    case Known::no: return TimerResult::unknown;
    case Known::fired: return TimerResult::already_fired;
    case Known::pending: break;
  }
  session_.db.query("DELETE FROM reeve_timer WHERE task = ? AND name = ?").bind(task->id, name).run();
  return TimerResult::cancelled;
}

}  // namespace reeve::store::sqlite
