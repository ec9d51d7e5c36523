#include <algorithm>

#include "store/sqlite/reader.hpp"
#include "store/sqlite/signal_row.hpp"
#include "store/sqlite/step_row.hpp"

namespace reeve::store::sqlite {

std::vector<Step> SqliteReader::steps(TaskId id) {
  const ReadTransaction one_state(db_);
  std::vector<StepRow> rows;
  {
    Query query = db_.query("SELECT " REEVE_STEP_COLUMNS " FROM reeve_step s WHERE s.task = ? ORDER BY s.id");
    query.bind(id);
    while (query.step()) rows.push_back(read_step(query.row()));
  }
  std::vector<Step> steps;
  for (StepRow& row : rows) {
    if (row.sort == StepSort::tasks && row.status == StepStatus::waiting)
      for (const AwaitedTask& task : load_awaited(db_, row.id))
        if (task.status.empty()) row.tasks.push_back(task.id);
    steps.push_back(std::move(row));
  }
  return steps;
}

std::vector<StepTry> SqliteReader::step_tries(TaskId id) {
  Query query = db_.query(
      "SELECT s.name, y.epoch, y.begun_at, y.ended_at, y.status FROM reeve_step_try y JOIN reeve_step s ON s.id = y.step WHERE y.task = ? ORDER BY y.id");
  query.bind(id);
  std::vector<StepTry> tries;
  while (query.step()) {
    Row row = query.row();
    StepTry& one = tries.emplace_back();
    one.name = row.text();
    one.epoch = row.integer();
    one.begun_at = row.time();
    one.ended_at = row.maybe_time();
    one.status = parse_step_status(row.view()).value_or(StepStatus::failed);
  }
  return tries;
}

std::vector<Signal> SqliteReader::signals(TaskId id, bool unconsumed_only) {
  Query query = db_.query("SELECT " REEVE_SIGNAL_COLUMNS " FROM reeve_signal g WHERE g.task = ? AND (g.consumed_at IS NULL OR ? = 0) ORDER BY g.id");
  query.bind(id, unconsumed_only);
  std::vector<Signal> signals;
  while (query.step()) signals.push_back(read_signal(query.row()));
  return signals;
}

std::vector<Timer> SqliteReader::timers(TaskId id) {
  Query query = db_.query("SELECT task, name, at, fired_at FROM reeve_timer WHERE task = ? ORDER BY at, name");
  query.bind(id);
  std::vector<Timer> timers;
  while (query.step()) {
    Row row = query.row();
    Timer& timer = timers.emplace_back();
    timer.task = row.id();
    timer.name = row.text();
    timer.at = row.time();
    timer.fired_at = row.maybe_time();
  }
  return timers;
}

// Only the newest tries of all kinds are looked at, so that a long history costs nothing.
std::vector<StepTimings> SqliteReader::step_timings(std::string_view kind, int newest) {
  Query query = db_.query(
      "SELECT s.name, y.ended_at - y.begun_at FROM "
      "(SELECT id, task, step, begun_at, ended_at FROM reeve_step_try WHERE status = 'completed' ORDER BY id DESC LIMIT 20000) y "
      "JOIN reeve_task t ON t.id = y.task JOIN reeve_step s ON s.id = y.step WHERE t.kind = ? ORDER BY y.id DESC LIMIT max(?, 0)");
  query.bind(kind, newest);
  std::vector<StepSample> samples;
  while (query.step()) {
    Row row = query.row();
    StepSample& sample = samples.emplace_back();
    sample.name = row.text();
    sample.ms = row.real();
  }
  return step_timings_of(samples);
}

}  // namespace reeve::store::sqlite
