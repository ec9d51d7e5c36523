#include "store/sqlite/task_row.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "store/life.hpp"

namespace reeve::store::sqlite {

namespace {

void read_keys(Row& row, Task& task) {
  if (row.null()) {
    row.skip(2);
  } else {
    const std::string token = row.text();
    task.concurrency = parse_concurrency_token(token, row.small());
  }
  task.supersede_key = row.text();
  task.order_key = row.text();
  task.superseded_by = row.maybe_id();
  task.block = row.small();
}

}  // namespace

void read_task(Row& row, Task& task) {
  task.id = row.id();
  task.kind = row.text();
  task.queue = row.text();
  task.priority = row.small();
  task.status = parse_status(row.view()).value_or(Status::queued);
  task.attempt = row.small();
  task.max_attempts = row.small();
  task.crashes = row.small();
  task.max_crashes = row.small();
  task.interruptions = row.small();
  task.snoozes = row.small();
  task.generation = row.small();
  task.epoch = row.integer();
  task.runner = row.integer();
  task.lease_expires_at = row.maybe_time();
  task.created_at = row.time();
  task.run_at = row.time();
  task.claimed_at = row.maybe_time();
  task.started_at = row.maybe_time();
  task.finished_at = row.maybe_time();
  task.last_seen_at = row.maybe_time();
  task.stale_at = row.maybe_time();
  task.stale_reason = row.text();
  task.cancel_requested_at = row.maybe_time();
  task.cancel_reason = row.text();
  task.expires_at = row.maybe_time();
  task.external_id = row.maybe_text();
  read_keys(row, task);
  task.fair_key = row.text();
  task.batch = row.maybe_batch();
}

void read_side(Row& row, Task& task) {
  task.overrides = row.text();
  task.labels = parse_labels(row.view());
  if (auto key = row.maybe_text()) task.dedupe = Dedupe{std::move(*key), parse_key_scope(row.view()).value_or(KeyScope::kind), {}};
  else row.skip();
  task.traceparent = row.text();
  task.created_by = row.text();
  task.parent = row.maybe_id();
  task.rerun_of = row.maybe_id();
  const auto on_conflict = parse_on_conflict(row.view());
  if (task.concurrency && on_conflict) task.concurrency->on_conflict = *on_conflict;
  const auto window = row.maybe_integer();
  if (task.dedupe && window) task.dedupe->window = *window < 0 ? for_ever : Millis{*window};
  task.schedule = row.text();
  task.tick = row.maybe_time();
}

void read_payload(Row& row, Task& task) {
  task.payload = row.text();
  task.metadata = row.text();
}

void read_error(Row& row, std::optional<TaskError>& kept) {
  if (row.null()) return row.skip(9);
  TaskError error;
  error.code = row.text();
  error.message = row.text();
  error.detail = row.text();
  error.exit_code = row.maybe_small();
  error.signal = row.maybe_small();
  error.core = row.flag();
  error.oom = row.flag();
  error.stderr_tail = row.text();
  error.fingerprint = row.text();
  kept = std::move(error);
}

void read_progress(Row& row, Task& task) {
  if (row.null()) return row.skip(6);
  Progress progress;
  progress.percent = row.real();
  progress.current = row.maybe_real();
  progress.total = row.maybe_real();
  progress.label = row.text();
  progress.meta = row.text();
  task.progress = std::move(progress);
  task.progress_at = row.time();
}

std::optional<HotTask> load_hot(Connection& db, TaskId id) {
  Query query = db.query("SELECT " REEVE_TASK_COLUMNS ", " REEVE_PARTS_COLUMNS " FROM reeve_task t WHERE t.id = ?");
  query.bind(id);
  if (!query.step()) return std::nullopt;
  HotTask task;
  Row row = query.row();
  read_task(row, task);
  task.steps = row.integer();
  task.timers = row.flag();
  task.awaited = row.flag();
  task.followed = row.flag();
  return task;
}

std::optional<Task> load_whole(Connection& db, TaskId id) {
  Query query = db.query("SELECT " REEVE_TASK_COLUMNS ", " REEVE_SIDE_COLUMNS ", " REEVE_PAYLOAD_COLUMNS
                         " FROM reeve_task t JOIN reeve_payload p ON p.task = t.id WHERE t.id = ?");
  query.bind(id);
  if (!query.step()) return std::nullopt;
  Task task;
  Row row = query.row();
  read_task(row, task);
  read_side(row, task);
  read_payload(row, task);
  load_history(db, task);
  return task;
}

void load_history(Connection& db, Task& task) {
  if (task.epoch == 0 && !is_terminal(task.status)) return;
  Query query = db.query("SELECT r.result, " REEVE_ERROR_COLUMNS ", " REEVE_PROGRESS_COLUMNS
                         " FROM (SELECT ? AS id) t LEFT JOIN reeve_result r ON r.task = t.id"
                         " LEFT JOIN reeve_error e ON e.task = t.id AND e.epoch = 0 LEFT JOIN reeve_progress g ON g.task = t.id");
  query.bind(task.id);
  if (!query.step()) return;
  Row row = query.row();
  task.result = row.maybe_text();
  read_error(row, task.error);
  read_progress(row, task);
}

std::optional<std::string> labels_text(const Labels& labels) {
  if (labels.empty()) return std::nullopt;
  boost::json::object object;
  for (const auto& [key, value] : labels) object[key] = value;
  return boost::json::serialize(object);
}

Labels parse_labels(std::string_view text) {
  Labels labels;
  if (text.empty()) return labels;
  boost::system::error_code failed;
  const boost::json::value value = boost::json::parse({text.data(), text.size()}, failed);
  if (failed || !value.is_object()) return labels;
  for (const auto& [key, label] : value.get_object())
    if (label.is_string()) labels.emplace(std::string(key), std::string(label.get_string()));
  return labels;
}

}  // namespace reeve::store::sqlite
