#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <utility>

#include "store/event_data.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

// A remembered answer: [[id, reused, payload_differs], ...].
std::string answer_text(const EnqueueDone& done) {
  boost::json::array rows;
  for (const Enqueued& one : done.tasks)
    rows.push_back(boost::json::array{number(one.id), one.disposition == EnqueueDisposition::reused, one.payload_differs});
  return boost::json::serialize(rows);
}

EnqueueDone parse_answer(std::string_view text) {
  EnqueueDone done;
  done.replayed = true;
  const boost::json::value rows = boost::json::parse({text.data(), text.size()});
  for (const boost::json::value& row : rows.as_array()) {
    const auto& fields = row.as_array();
    done.tasks.push_back({TaskId{fields.at(0).as_int64()}, fields.at(1).as_bool() ? EnqueueDisposition::reused : EnqueueDisposition::created,
                          fields.at(2).as_bool()});
  }
  return done;
}

}  // namespace

// Everything is looked up before anything is written, so that a refusal leaves no trace.
EnqueueAnswer SqliteTasks::enqueue(const EnqueueRequest& request, Timestamp now) {
  session_.require_batch();
  if (auto answer = replay(request)) return std::move(*answer);
  EnqueueDone done;
  std::vector<std::pair<std::size_t, std::optional<std::string>>> fresh;  // item, dedupe token
  std::map<std::string_view, std::size_t> tokens;                         // of this request: the item that has it
  std::map<std::string_view, std::size_t> externals;
  done.tasks.reserve(request.tasks.size());
  fresh.reserve(request.tasks.size());
  for (std::size_t item = 0; item < request.tasks.size(); ++item) {
    const NewTask& wanted = request.tasks[item];
    auto token = dedupe_token(wanted.kind, wanted.dedupe);
    if (token) {
      if (const auto earlier = tokens.find(*token); earlier != tokens.end()) {
        const bool differs = request.tasks[earlier->second].payload != wanted.payload;
        done.tasks.push_back({TaskId{-static_cast<std::int64_t>(earlier->second) - 1}, EnqueueDisposition::reused, differs});
        continue;
      }
      if (const auto twin = find_twin(wanted, *token)) {
        done.tasks.push_back(*twin);
        continue;
      }
    }
    if (wanted.external_id) {
      if (externals.contains(*wanted.external_id)) return EnqueueRefused{EnqueueRefused::Reason::external_id_taken, item, TaskId{}};
      if (const auto holder = find_external(*wanted.external_id)) return EnqueueRefused{EnqueueRefused::Reason::external_id_taken, item, *holder};
      externals.emplace(*wanted.external_id, item);
    }
    fresh.emplace_back(item, std::move(token));
    if (fresh.back().second) tokens.emplace(*fresh.back().second, item);
    done.tasks.push_back({TaskId{0}, EnqueueDisposition::created, false});
  }
  for (const auto& [item, token] : fresh) {
    done.tasks[item].id = session_.next_task();
    insert(request.tasks[item], done.tasks[item].id, token, now);
  }
  for (Enqueued& one : done.tasks)  // a negative id names an earlier item of the request
    if (number(one.id) < 0) one.id = done.tasks[static_cast<std::size_t>(-number(one.id) - 1)].id;
  if (request.request_key) remember(request, done, now);
  return done;
}

std::optional<EnqueueAnswer> SqliteTasks::replay(const EnqueueRequest& request) {
  if (!request.request_key) return std::nullopt;
  Query known = session_.db.query("SELECT fingerprint, answer FROM reeve_request WHERE key = ?");
  known.bind(*request.request_key);
  if (!known.step()) return std::nullopt;
  Row row = known.row();
  if (row.view() != request.fingerprint) return EnqueueRefused{EnqueueRefused::Reason::request_key_reused, 0, TaskId{}};
  return parse_answer(row.view());
}

void SqliteTasks::remember(const EnqueueRequest& request, const EnqueueDone& done, Timestamp now) {
  const std::string answer = answer_text(done);
  Query insert = session_.db.query("INSERT INTO reeve_request (key, fingerprint, at, answer) VALUES (?, ?, ?, ?)");
  insert.bind(*request.request_key, request.fingerprint, now, answer).run();
}

std::optional<Enqueued> SqliteTasks::find_twin(const NewTask& wanted, const std::string& token) {
  Query twin = session_.db.query("SELECT t.id, p.payload FROM reeve_task t JOIN reeve_payload p ON p.task = t.id WHERE t.dedupe = ?");
  twin.bind(token);
  if (!twin.step()) return std::nullopt;
  Row row = twin.row();
  const TaskId id = row.id();
  return Enqueued{id, EnqueueDisposition::reused, row.view() != wanted.payload};
}

std::optional<TaskId> SqliteTasks::find_external(const std::string& external_id) {
  Query holder = session_.db.query("SELECT id FROM reeve_task WHERE external_id = ?");
  holder.bind(external_id);
  return holder.step() ? std::optional<TaskId>{holder.row().id()} : std::nullopt;
}

void SqliteTasks::insert(const NewTask& fresh, TaskId id, const std::optional<std::string>& token, Timestamp now) {
  Task task;  // only what the event and the counts want to know; the payload is bound where it lies
  task.id = id;
  task.kind = fresh.kind;
  task.queue = fresh.queue;
  task.run_at = fresh.run_at.value_or(now);
  task.parent = fresh.parent;
  task.rerun_of = fresh.rerun_of;
  {
    Query row = session_.db.query(
        "INSERT INTO reeve_task (id, queue, kind, priority, status, hold, max_attempts, max_crashes, created_at, run_at, expires_at, dedupe, "
        "external_id) VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(id, fresh.queue, fresh.kind, fresh.priority, static_cast<int>(hold_of(task, now)), fresh.max_attempts, fresh.max_crashes, now,
             task.run_at, fresh.expires_at, token, fresh.external_id);
    row.run();
  }
  const std::optional<std::string> labels = labels_text(fresh.labels);
  std::optional<std::string_view> scope;
  if (fresh.dedupe) scope = fresh.dedupe->scope == DedupeScope::global ? "global" : "kind";
  std::optional<std::string_view> dedupe_key;
  if (fresh.dedupe) dedupe_key = fresh.dedupe->key;
  {
    Query row = session_.db.query(
        "INSERT INTO reeve_payload (task, payload, metadata, overrides, labels, dedupe_key, dedupe_scope, traceparent, created_by, parent, "
        "rerun_of, schedule, tick) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(id, fresh.payload, or_null(fresh.metadata), or_null(fresh.overrides), labels, dedupe_key, scope, or_null(fresh.traceparent),
             or_null(fresh.created_by), fresh.parent, fresh.rerun_of, or_null(fresh.schedule), fresh.tick);
    row.run();
  }
  for (const auto& [key, value] : fresh.labels) {
    Query row = session_.db.query("INSERT INTO reeve_label (key, value, task) VALUES (?, ?, ?)");
    row.bind(key, value, id).run();
  }
  Event event = event_about(task, "task.enqueued", fresh.created_by, now);
  event.data = event_data::enqueued(task, now);
  session_.append(event);
  session_.counts.add(task, Status::queued, +1);
}

}  // namespace reeve::store::sqlite
