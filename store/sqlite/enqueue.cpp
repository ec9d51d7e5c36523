// An enqueue, item by item: what stands for it already, who refuses it, whom it supersedes, its rows.
#include <utility>

#include "store/event_data.hpp"
#include "store/composition.hpp"
#include "store/sqlite/batch_row.hpp"
#include "store/sqlite/conflicts.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

// The items before it would have to be taken back if a later one is refused.
bool may_be_refused_halfway(const EnqueueRequest& request) {
  if (request.tasks.size() + (request.batch ? 1 : 0) < 2) return false;
  for (const NewTask& task : request.tasks) {
    const bool names_others = task.external_id || !task.after.empty() || (task.batch && !request.batch);
    if (names_others || (task.concurrency && task.concurrency->on_conflict == OnConflict::reject)) return true;
  }
  return false;
}

}  // namespace

EnqueueAnswer SqliteTasks::enqueue(const EnqueueRequest& request, Timestamp now) {
  session_.require_batch();
  EnqueueAnswer answer = admit(request, now);
  settle(now);
  return answer;
}

EnqueueAnswer SqliteTasks::admit(const EnqueueRequest& request, Timestamp now) {
  if (auto answer = replay(request)) return std::move(*answer);
  std::optional<Session::Mark> way_back;
  if (may_be_refused_halfway(request)) way_back = session_.mark();
  const TaskId last_before = session_.last_task();
  EnqueueDone done;
  if (request.batch) done.batch = make_batch(session_, *request.batch, now);
  done.tasks.reserve(request.tasks.size());
  for (std::size_t item = 0; item < request.tasks.size(); ++item) {
    auto stored = enqueue_item(request.tasks[item], done.batch, done.tasks, now);
    if (auto* refused = std::get_if<EnqueueRefused>(&stored)) {
      refused->item = item;
      if (refused->holder > last_before) refused->holder = TaskId{};  // an item of this request: it will not have been
      if (way_back) session_.go_back(*way_back);
      return std::move(*refused);
    }
    done.tasks.push_back(std::move(std::get<Enqueued>(stored)));
  }
  if (way_back) session_.forget(*way_back);
  if (done.batch && !request.batch->open) session_.ending.push_back(*done.batch);
  if (request.request_key) remember(request, done, now);
  return done;
}

// Of a refusal nothing is left: it is told before the item has changed anything.
std::variant<Enqueued, EnqueueRefused> SqliteTasks::enqueue_item(const NewTask& wanted, std::optional<BatchId> fresh, std::span<const Enqueued> before,
                                                                     Timestamp now) {
  const auto token = dedupe_token(wanted.kind, wanted.dedupe);
  if (token)
    if (auto twin = find_twin(wanted, *token, now)) return std::move(*twin);
  if (wanted.external_id) {
    if (const auto holder = find_external(*wanted.external_id)) {
      EnqueueRefused refused;
      refused.reason = EnqueueRefused::Reason::external_id_taken;
      refused.holder = *holder;
      return refused;
    }
  }
  auto after = after_.find(wanted, before);
  if (auto* unknown = std::get_if<std::string>(&after)) return dependency_refused(std::move(*unknown));
  if (wanted.batch && !fresh) {
    const auto state = batch_state(session_.db, *wanted.batch);
    if (state != BatchState::open) return batch_refused(*wanted.batch, state);
  }
  Conflicts conflicts(session_.db);
  if (const auto busy = conflicts.refuses(wanted)) {
    EnqueueRefused refused;
    refused.reason = EnqueueRefused::Reason::key_busy;
    refused.holder = *busy;
    return refused;
  }
  if (const auto standing = conflicts.stands_in(wanted)) return coalesce(*standing, wanted, now);
  Enqueued stored;
  stored.id = session_.next_task();
  for (const TaskId id : conflicts.superseded_by(wanted)) supersede(id, stored, wanted.created_by, now);
  if (!stored.superseded.empty()) stored.disposition = EnqueueDisposition::superseded;
  const std::vector<Dependency> on = after_.look_at(std::get<std::vector<TaskId>>(after));   // as they are now that those ended
  insert(wanted, stored.id, fresh ? fresh : wanted.batch, token, on, now);
  return stored;
}

// The one that stands for the key: open, or within its window.
std::optional<Enqueued> SqliteTasks::find_twin(const NewTask& wanted, const std::string& token, Timestamp now) {
  const std::optional<TaskId> standing = stands_for(token, now);
  if (!standing) return std::nullopt;
  Query twin = session_.db.query("SELECT payload FROM reeve_payload WHERE task = ?");
  twin.bind(*standing);
  Enqueued reused;
  reused.id = *standing;
  reused.disposition = EnqueueDisposition::reused;
  reused.payload_differs = twin.step() && twin.row().view() != wanted.payload;
  return reused;
}

std::optional<TaskId> SqliteTasks::stands_for(const std::string& token, Timestamp now) {
  {
    Query open = session_.db.query("SELECT id FROM reeve_task INDEXED BY reeve_task_dedupe WHERE dedupe = ?");
    open.bind(token);
    if (open.step()) return open.row().id();
  }
  Query kept = session_.db.query("SELECT task FROM reeve_dedupe WHERE token = ? AND (until IS NULL OR until > ?)");
  kept.bind(token, now);
  return kept.step() ? std::optional<TaskId>{kept.row().id()} : std::nullopt;
}

std::optional<TaskId> SqliteTasks::find_external(const std::string& external_id) {
  Query holder = session_.db.query("SELECT id FROM reeve_task WHERE external_id = ?");
  holder.bind(external_id);
  return holder.step() ? std::optional<TaskId>{holder.row().id()} : std::nullopt;
}

Enqueued SqliteTasks::coalesce(TaskId standing, const NewTask& skipped, Timestamp now) {
  const Task task = load_whole(session_.db, standing).value();
  session_.append(coalesced_event(task, skipped, now));
  Enqueued coalesced;
  coalesced.id = standing;
  coalesced.disposition = EnqueueDisposition::coalesced;
  coalesced.payload_differs = task.payload != skipped.payload;
  return coalesced;
}

// One that was asked to stop before goes on as it was asked.
void SqliteTasks::supersede(TaskId id, Enqueued& successor, std::string_view actor, Timestamp now) {
  std::optional<HotTask> task = load_hot(session_.db, id);
  if (!task || is_terminal(task->status) || task->cancel_requested_at) return;
  successor.superseded.push_back(id);
  if (task->status == Status::queued || task->status == Status::waiting) {
    const std::string reason = superseded_reason(successor.id);
    cancel_queued(*task, superseded_code, reason, actor, now);
    session_.db.query("UPDATE reeve_task SET superseded_by = ? WHERE id = ?").bind(successor.id, id).run();
    return;
  }
  const Event event = supersede_running(*task, successor.id, actor, now);
  {
    Query row = session_.db.query("UPDATE reeve_task SET cancel_requested_at = ?, cancel_reason = ?, superseded_by = ? WHERE id = ?");
    row.bind(now, task->cancel_reason, successor.id, id).run();
  }
  session_.append(event);
  successor.stop.push_back({id, task->epoch});
}

void SqliteTasks::insert(const NewTask& fresh, TaskId id, std::optional<BatchId> batch, const std::optional<std::string>& token,
                         const std::vector<Dependency>& after, Timestamp now) {
  Task task;  // only what the event, the counts and the keys want to know; the payload is bound where it lies
  task.id = id;
  task.kind = fresh.kind;
  task.queue = fresh.queue;
  task.priority = fresh.priority;
  task.run_at = fresh.run_at.value_or(now);
  task.parent = fresh.parent;
  task.rerun_of = fresh.rerun_of;
  task.priority = fresh.priority;
  task.concurrency = fresh.concurrency;
  task.order_key = fresh.order_key;
  task.fair_key = fresh.fair_key;
  task.batch = batch;
  const std::optional<std::string> key = concurrency_token(fresh.kind, fresh.concurrency);
  std::optional<int> key_limit;
  if (fresh.concurrency) key_limit = fresh.concurrency->limit;
  const bool stands_while_open = fresh.dedupe && !fresh.dedupe->window;
  const std::optional<std::string> open_token = stands_while_open ? token : std::nullopt;
  lines_.open(task);
  const Hold hold = hold_of(task, now);
  const std::optional<Dependency> doom = doomed_by(fresh.after_policy, after);
  const bool held = doom || waits_for(after);
  const std::int64_t place = hold == Hold::ready && !held ? lines_.enter(task) : 0;
  const int block = held ? block_of_held(keys_, task) : keys_.block_of(task, hold, place);
  {
    Query row = session_.db.query(
        "INSERT INTO reeve_task (id, queue, kind, priority, status, hold, block, fair, max_attempts, max_crashes, created_at, run_at, expires_at, dedupe, "
        "external_id, concurrency, key_limit, supersede, order_key, fair_key, batch) VALUES (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(id, fresh.queue, fresh.kind, fresh.priority, static_cast<int>(hold), block, place, fresh.max_attempts, fresh.max_crashes, now, task.run_at,
             fresh.expires_at, open_token, fresh.external_id, key, key_limit, or_null(fresh.supersede_key), or_null(fresh.order_key), or_null(fresh.fair_key), batch);
    row.run();
  }
  insert_payload(fresh, id);
  after_.keep(id, after);
  if (token && !stands_while_open) {
    Query row = session_.db.query("INSERT OR REPLACE INTO reeve_dedupe (token, task, until) VALUES (?, ?, ?)");
    row.bind(*token, id, stands_until(*fresh.dedupe, now)).run();
  }
  Event event = event_about(task, "task.enqueued", fresh.created_by, now);
  event.data = event_data::enqueued(task, after.size(), now);
  session_.append(event);
  session_.counts.add(task, Status::queued, +1);
  if (!doom) return;
  HotTask stored = load_hot(session_.db, id).value();
  cancel_queued(stored, dependency_failed_code, doomed_reason(doom->task, *doom->ended), dependency_actor(doom->task), now);
}

void SqliteTasks::insert_payload(const NewTask& fresh, TaskId id) {
  const std::optional<std::string> labels = labels_text(fresh.labels);
  std::optional<std::string_view> dedupe_key;
  std::optional<std::string_view> scope;
  std::optional<std::int64_t> window;
  if (fresh.dedupe) {
    dedupe_key = fresh.dedupe->key;
    scope = name(fresh.dedupe->scope);
    if (fresh.dedupe->window) window = *fresh.dedupe->window == for_ever ? -1 : fresh.dedupe->window->count();
  }
  std::optional<std::string_view> on_conflict;
  if (fresh.concurrency) on_conflict = name(fresh.concurrency->on_conflict);
  std::optional<std::string_view> policy;
  if (fresh.after_policy != AfterPolicy::success) policy = name(fresh.after_policy);
  {
    Query row = session_.db.query(
        "INSERT INTO reeve_payload (task, payload, metadata, overrides, labels, dedupe_key, dedupe_scope, traceparent, created_by, parent, "
        "rerun_of, on_conflict, dedupe_window, schedule, tick, after_policy) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(id, fresh.payload, or_null(fresh.metadata), or_null(fresh.overrides), labels, dedupe_key, scope, or_null(fresh.traceparent),
             or_null(fresh.created_by), fresh.parent, fresh.rerun_of, on_conflict, window, or_null(fresh.schedule), fresh.tick, policy);
    row.run();
  }
  for (const auto& [key, value] : fresh.labels) {
    Query row = session_.db.query("INSERT INTO reeve_label (key, value, task) VALUES (?, ?, ?)");
    row.bind(key, value, id).run();
  }
}

}  // namespace reeve::store::sqlite
