#include "store/event_data.hpp"
#include "store/schedule_event.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

#define REEVE_SCHEDULE_COLUMNS "name, origin, spec, created_at, last_tick, fired, passed_over, last_task, paused_at, reason, actor"

ScheduleRow read_schedule(Row row) {
  ScheduleRow schedule;
  schedule.name = row.text();
  schedule.origin = row.view() == name(ScheduleOrigin::added) ? ScheduleOrigin::added : ScheduleOrigin::declared;
  schedule.spec = row.text();
  schedule.created_at = row.time();
  schedule.last_tick = row.time();
  schedule.fired = row.integer();
  schedule.passed_over = row.integer();
  schedule.last_task = row.maybe_id();
  if (const auto since = row.maybe_time()) {
    SchedulePause pause;
    pause.since = *since;
    pause.reason = row.text();
    pause.actor = row.text();
    schedule.pause = std::move(pause);
  }
  return schedule;
}

std::optional<ScheduleRow> find(Connection& db, std::string_view name) {
  Query query = db.query("SELECT " REEVE_SCHEDULE_COLUMNS " FROM reeve_schedule WHERE name = ?");
  query.bind(name);
  if (!query.step()) return std::nullopt;
  return read_schedule(query.row());
}

}  // namespace

SchedulePut SqliteSchedules::put(std::string_view name, ScheduleOrigin origin, std::string_view spec, std::string_view actor, Timestamp now) {
  session_.require_batch();
  const auto known = find(session_.db, name);
  if (known && known->origin != origin) return SchedulePut::taken;
  if (known && known->spec == spec) return SchedulePut::unchanged;
  if (known) {
    Query row = session_.db.query("UPDATE reeve_schedule SET spec = ?, last_tick = max(last_tick, ?) WHERE name = ?");
    row.bind(spec, now, name).run();
  } else {
    Query row = session_.db.query("INSERT INTO reeve_schedule (name, origin, spec, created_at, last_tick) VALUES (?, ?, ?, ?, ?)");
    row.bind(name, store::name(origin), spec, now, now).run();
  }
  if (origin == ScheduleOrigin::added)
    session_.append(schedule_event(known ? "schedule.changed" : "schedule.added", actor, event_data::schedule(name, {}), now));
  return known ? SchedulePut::changed : SchedulePut::created;
}

ScheduleRemoved SqliteSchedules::remove(std::string_view name, ScheduleOrigin origin, std::string_view actor, Timestamp now) {
  session_.require_batch();
  const auto known = find(session_.db, name);
  if (!known) return ScheduleRemoved::not_found;
  if (known->origin != origin) return ScheduleRemoved::taken;
  {
    Query row = session_.db.query("DELETE FROM reeve_schedule WHERE name = ?");
    row.bind(name).run();
  }
  if (origin == ScheduleOrigin::added) session_.append(schedule_event("schedule.removed", actor, event_data::schedule(name, {}), now));
  return ScheduleRemoved::removed;
}

bool SqliteSchedules::pause(std::string_view name, std::string_view reason, std::string_view actor, Timestamp now) {
  session_.require_batch();
  Query row = session_.db.query("UPDATE reeve_schedule SET paused_at = ?, reason = ?, actor = ? WHERE name = ? AND paused_at IS NULL");
  row.bind(now, reason, actor, name);
  if (row.run_counting() == 0) return false;
  session_.append(schedule_event("schedule.paused", actor, event_data::schedule(name, reason), now));
  return true;
}

bool SqliteSchedules::resume(std::string_view name, std::string_view actor, Timestamp now) {
  session_.require_batch();
  Query row = session_.db.query(
      "UPDATE reeve_schedule SET paused_at = NULL, reason = NULL, actor = NULL, last_tick = max(last_tick, ?) WHERE name = ? AND paused_at IS NOT NULL");
  row.bind(now, name);
  if (row.run_counting() == 0) return false;
  session_.append(schedule_event("schedule.resumed", actor, event_data::schedule(name, {}), now));
  return true;
}

FireAnswer SqliteSchedules::fire(std::string_view name, Timestamp tick, const NewTask& task, Timestamp now) {
  session_.require_batch();
  FireAnswer answer;
  const auto known = find(session_.db, name);
  if (!known) return answer.result = FireAnswer::Result::unknown, answer;
  if (known->pause) return answer.result = FireAnswer::Result::paused, answer;
  if (tick <= known->last_tick) return answer.result = FireAnswer::Result::already, answer;
  EnqueueRequest request;
  request.tasks.push_back(task);
  const auto enqueued = tasks_.enqueue(request, now);
  const auto* done = std::get_if<EnqueueDone>(&enqueued);
  if (!done) return answer.result = FireAnswer::Result::refused, answer;
  answer.result = FireAnswer::Result::fired;
  answer.task = done->tasks.at(0);
  const bool stored = stores_a_task(answer.task.disposition);
  {
    Query row = session_.db.query(
        "UPDATE reeve_schedule SET last_tick = ?, fired = fired + ?, passed_over = passed_over + ?, last_task = ? WHERE name = ?");
    row.bind(tick, stored ? 1 : 0, stored ? 0 : 1, answer.task.id, name).run();
  }
  Event event = schedule_event("schedule.fired", "schedule", event_data::schedule_fired(name, tick, answer.task.disposition), now);
  event.task = answer.task.id;
  event.kind = task.kind;
  event.queue = task.queue;
  session_.append(event);
  return answer;
}

bool SqliteSchedules::pass_over(std::string_view name, Timestamp tick, std::string_view why, Timestamp now) {
  session_.require_batch();
  Query row = session_.db.query("UPDATE reeve_schedule SET last_tick = ?, passed_over = passed_over + 1 WHERE name = ? AND last_tick < ?");
  row.bind(tick, name, tick);
  if (row.run_counting() == 0) return false;
  session_.append(schedule_event("schedule.missed", "schedule", event_data::schedule_missed(name, tick, why), now));
  return true;
}

std::vector<ScheduleRow> SqliteReader::schedules() {
  std::vector<ScheduleRow> rows;
  Query query = db_.query("SELECT " REEVE_SCHEDULE_COLUMNS " FROM reeve_schedule ORDER BY name");
  while (query.step()) rows.push_back(read_schedule(query.row()));
  return rows;
}

}  // namespace reeve::store::sqlite
