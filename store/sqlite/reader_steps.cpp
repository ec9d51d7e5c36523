#include <algorithm>

#include "store/matching.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/signal_row.hpp"
#include "store/sqlite/step_row.hpp"

namespace reeve::store::sqlite {

StepPage SqliteReader::steps(const StepQuery& query) {
  const ReadTransaction one_state(db_);
  std::vector<StepRow> rows;
  StepPage page;
  {
    Query steps = db_.query(query.last ? "SELECT " REEVE_STEP_COLUMNS " FROM reeve_step s WHERE s.task = ? AND s.id > ? ORDER BY s.id DESC"
                                       : "SELECT " REEVE_STEP_COLUMNS " FROM reeve_step s WHERE s.task = ? AND s.id > ? ORDER BY s.id");
    steps.bind(query.task, query.after);
    PageRoom room(page_limit(query.last.value_or(query.limit)));
    while (steps.step()) {
      StepRow step = read_step(steps.row());
      if (!room.take(page_bytes(step))) {
        page.more = !query.last;
        break;
      }
      page.next = std::max(page.next, step.id);
      rows.push_back(std::move(step));
    }
  }
  if (query.last) std::reverse(rows.begin(), rows.end());
  page.steps = with_awaited(std::move(rows));
  return page;
}

std::vector<Step> SqliteReader::pending_waits(TaskId id) {
  const ReadTransaction one_state(db_);
  std::vector<StepRow> rows;
  {
    Query waits = db_.query("SELECT " REEVE_STEP_COLUMNS " FROM reeve_step s INDEXED BY reeve_step_pending WHERE s.pending = 1 AND s.task = ? AND s.status = 'waiting' ORDER BY s.id");
    waits.bind(id);
    while (waits.step()) rows.push_back(read_step(waits.row()));
  }
  return with_awaited(std::move(rows));
}

// With the tasks that they still wait for.
std::vector<Step> SqliteReader::with_awaited(std::vector<StepRow> rows) {
  std::vector<Step> steps;
  steps.reserve(rows.size());
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

SignalPage SqliteReader::signals(const SignalQuery& query) {
  SignalPage page;
  Query rows = db_.query("SELECT " REEVE_SIGNAL_COLUMNS " FROM reeve_signal g WHERE g.task = ? AND (g.consumed_at IS NULL OR ? = 0) AND g.id > ? ORDER BY g.id");
  rows.bind(query.task, query.unconsumed_only, query.after);
  PageRoom room(page_limit(query.limit));
  while (rows.step()) {
    Signal signal = read_signal(rows.row());
    if (!room.take(signal.payload.size())) {
      page.more = true;
      break;
    }
    page.signals.push_back(std::move(signal));
  }
  return page;
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
