#include "store/sqlite/batch_row.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "store/event_data.hpp"

namespace reeve::store::sqlite {
namespace {

std::string ids_text(const std::vector<TaskId>& ids) {
  std::string text = "[";
  for (const TaskId id : ids) text += (text.size() > 1 ? "," : "") + std::to_string(number(id));
  return text + "]";
}

std::vector<TaskId> parse_ids(std::string_view text) {
  std::vector<TaskId> ids;
  if (text.empty()) return ids;
  const boost::json::value rows = boost::json::parse({text.data(), text.size()});
  for (const boost::json::value& id : rows.as_array()) ids.push_back(TaskId{id.as_int64()});
  return ids;
}

void add_present(Connection& db, Batch& batch) {
  Query query = db.query("SELECT status, count(*) FROM reeve_task INDEXED BY reeve_task_batch WHERE batch = ? GROUP BY status");
  query.bind(batch.id);
  while (query.step()) {
    Row row = query.row();
    const auto status = parse_status(row.view());
    if (status) add(batch.counts, *status, row.integer());
  }
}

std::vector<double> running_percents(Connection& db, BatchId id) {
  std::vector<double> percents;
  Query query = db.query(
      "SELECT g.percent FROM reeve_task t INDEXED BY reeve_task_batch JOIN reeve_progress g ON g.task = t.id WHERE t.batch = ? AND t.status = 'running' "
      "ORDER BY t.id");
  query.bind(id);
  while (query.step()) percents.push_back(query.row().real());
  return percents;
}

}  // namespace

BatchId make_batch(Session& session, const NewBatch& fresh, Timestamp now) {
  const BatchId id = session.next_batch();
  const Callbacks callbacks = callbacks_of(fresh);
  std::optional<Timestamp> closed_at;
  if (!fresh.open) closed_at = now;
  {
    Query row = session.db.query(
        "INSERT INTO reeve_batch (id, name, metadata, state, created_by, created_at, closed_at, on_success, on_failure, on_finish) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(id, fresh.name, or_null(fresh.metadata), name(fresh.open ? BatchState::open : BatchState::closed), fresh.created_by, now, closed_at,
             callbacks.on_success, callbacks.on_failure, callbacks.on_finish);
    row.run();
  }
  session.append(batch_event("batch.created", fresh.created_by, event_data::batch_created(id, fresh), now));
  return id;
}

std::optional<BatchState> batch_state(Connection& db, BatchId id) {
  Query query = db.query("SELECT state FROM reeve_batch WHERE id = ?");
  query.bind(id);
  return query.step() ? parse_batch_state(query.row().view()) : std::nullopt;
}

bool has_open_tasks(Connection& db, BatchId id) {
  Query open = db.query("SELECT 1 FROM reeve_task INDEXED BY reeve_task_batch_open WHERE batch = ? AND finished_at IS NULL LIMIT 1");
  return open.bind(id).step();
}

std::optional<KeptBatch> load_batch(Connection& db, BatchId id) {
  KeptBatch kept;
  Batch& batch = kept.batch;
  {
    Query query = db.query(
        "SELECT id, name, metadata, state, gone_succeeded, gone_failed, gone_cancelled, created_by, created_at, closed_at, finished_at, callbacks, "
        "on_success, on_failure, on_finish FROM reeve_batch WHERE id = ?");
    query.bind(id);
    if (!query.step()) return std::nullopt;
    Row row = query.row();
    batch.id = BatchId{row.integer()};
    batch.name = row.text();
    batch.metadata = row.text();
    batch.state = parse_batch_state(row.view()).value_or(BatchState::open);
    batch.counts.succeeded = row.integer();
    batch.counts.failed = row.integer();
    batch.counts.cancelled = row.integer();
    batch.created_by = row.text();
    batch.created_at = row.time();
    batch.closed_at = row.maybe_time();
    batch.finished_at = row.maybe_time();
    batch.callbacks = parse_ids(row.view());
    kept.callbacks.on_success = row.maybe_text();
    kept.callbacks.on_failure = row.maybe_text();
    kept.callbacks.on_finish = row.maybe_text();
  }
  add_present(db, batch);
  const std::vector<double> running = running_percents(db, id);
  batch.percent = percent_of(batch.counts, running);
  return kept;
}

void write_batch_end(Connection& db, const Batch& batch) {
  Query row = db.query(
      "UPDATE reeve_batch SET state = ?, finished_at = ?, on_success = NULL, on_failure = NULL, on_finish = NULL, "
      "empty = NOT EXISTS (SELECT 1 FROM reeve_task INDEXED BY reeve_task_member WHERE batch = reeve_batch.id) WHERE id = ?");
  row.bind(name(batch.state), batch.finished_at, batch.id).run();
}

void write_batch_callbacks(Connection& db, const Batch& batch) {
  if (batch.callbacks.empty()) return;
  const std::string ids = ids_text(batch.callbacks);
  db.query("UPDATE reeve_batch SET callbacks = ? WHERE id = ?").bind(ids, batch.id).run();
}

}  // namespace reeve::store::sqlite
