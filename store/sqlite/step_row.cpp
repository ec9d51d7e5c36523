#include "store/sqlite/step_row.hpp"

namespace reeve::store::sqlite {

StepRow read_step(Row row) {
  StepRow step;
  step.id = row.integer();
  step.task = row.id();
  step.name = row.text();
  step.sort = parse_step_sort(row.view()).value_or(StepSort::step);
  step.status = parse_step_status(row.view()).value_or(StepStatus::failed);
  step.input = row.text();
  step.output = row.text();
  step.error_code = row.text();
  step.error_message = row.text();
  step.tries = row.small();
  step.newest_try = row.integer();
  step.epoch = row.integer();
  step.begun_at = row.time();
  step.ended_at = row.maybe_time();
  step.wake_at = row.maybe_time();
  step.signal_type = row.text();
  step.any = row.flag();
  step.pending = row.flag();
  return step;
}

std::optional<StepRow> load_step(Connection& db, TaskId task, std::string_view name) {
  Query query = db.query("SELECT " REEVE_STEP_COLUMNS " FROM reeve_step s WHERE s.task = ? AND s.name = ?");
  query.bind(task, name);
  return query.step() ? std::optional<StepRow>{read_step(query.row())} : std::nullopt;
}

std::optional<StepRow> load_step(Connection& db, std::int64_t id) {
  Query query = db.query("SELECT " REEVE_STEP_COLUMNS " FROM reeve_step s WHERE s.id = ?");
  query.bind(id);
  return query.step() ? std::optional<StepRow>{read_step(query.row())} : std::nullopt;
}

void insert_step(Connection& db, StepRow& step) {
  {
    Query row = db.query(
        "INSERT INTO reeve_step (task, name, sort, status, input, output, tries, newest_try, epoch, begun_at, ended_at, wake_at, signal_type, "
        "any_task, pending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(step.task, step.name, name(step.sort), name(step.status), or_null(step.input), or_null(step.output), step.tries, step.newest_try,
             step.epoch, step.begun_at, step.ended_at, step.wake_at, or_null(step.signal_type), step.any, step.pending);
    row.run();
  }
  step.id = sqlite3_last_insert_rowid(db.handle());
  db.query("UPDATE reeve_task SET steps = steps + 1 WHERE id = ?").bind(step.task).run();
}

void update_step(Connection& db, const StepRow& step) {
  Query row = db.query(
      "UPDATE reeve_step SET status = ?, input = ?, output = ?, error_code = ?, error_message = ?, tries = ?, newest_try = ?, epoch = ?, "
      "begun_at = ?, ended_at = ?, wake_at = ?, pending = ? WHERE id = ?");
  row.bind(name(step.status), or_null(step.input), step.status == StepStatus::completed ? std::optional<std::string_view>{step.output} : std::nullopt,
           or_null(step.error_code), or_null(step.error_message), step.tries, step.newest_try, step.epoch, step.begun_at, step.ended_at, step.wake_at,
           step.pending, step.id);
  row.run();
}

std::vector<AwaitedTask> load_awaited(Connection& db, std::int64_t step) {
  Query query = db.query("SELECT target, ended FROM reeve_await WHERE step = ? ORDER BY place");
  query.bind(step);
  std::vector<AwaitedTask> tasks;
  while (query.step()) {
    Row row = query.row();
    AwaitedTask& task = tasks.emplace_back();
    task.id = row.id();
    task.status = row.text();
  }
  return tasks;
}

}  // namespace reeve::store::sqlite
