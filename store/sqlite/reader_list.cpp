// Lists. A page walks tasks by id and stops when it is full; when few tasks can match - the kept counts say so - it starts from the index
// of their status instead, so that three failures in ten million tasks are found at once.
#include <algorithm>

#include "store/matching.hpp"
#include "store/sqlite/conditions.hpp"
#include "store/sqlite/key_conditions.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr std::int64_t few = 10'000;

// state_of() in SQL; ?1 is now.
std::string_view condition(State state) {
#define REEVE_TRIED "t.attempt + t.crashes + t.interruptions + t.snoozes > 0"
#define REEVE_PAUSED                                                                                                                        \
  "(EXISTS (SELECT 1 FROM reeve_pause u WHERE u.queue = t.queue) OR EXISTS (SELECT 1 FROM reeve_kind_pause u WHERE u.kind = t.kind) OR "   \
  "EXISTS (SELECT 1 FROM reeve_label_pause u CROSS JOIN reeve_label l WHERE u.resumed = 0 AND l.key = u.key AND l.value = u.value AND l.task = t.id))"
#define REEVE_BLOCKED "(t.block & ~8) <> 0"
  switch (state) {
    case State::scheduled: return "(t.status = 'queued' AND t.run_at > ?1 AND NOT " REEVE_TRIED ")";
    case State::retrying: return "(t.status = 'queued' AND t.run_at > ?1 AND " REEVE_TRIED ")";
    case State::queued: return "(t.status = 'queued' AND t.run_at <= ?1 AND NOT " REEVE_BLOCKED " AND NOT " REEVE_PAUSED ")";
    case State::blocked: return "(t.status = 'queued' AND t.run_at <= ?1 AND (" REEVE_BLOCKED " OR " REEVE_PAUSED "))";
    case State::claimed: return "(t.status = 'claimed' AND t.cancel_requested_at IS NULL)";
    case State::running: return "(t.status = 'running' AND t.cancel_requested_at IS NULL AND t.stale_at IS NULL)";
    case State::stale: return "(t.status = 'running' AND t.cancel_requested_at IS NULL AND t.stale_at IS NOT NULL)";
    case State::cancelling: return "(t.lease_expires_at IS NOT NULL AND t.cancel_requested_at IS NOT NULL)";
    case State::waiting: return "t.status = 'waiting'";
    case State::succeeded: return "t.status = 'succeeded'";
    case State::failed: return "t.status = 'failed'";
    case State::cancelled: return "t.status = 'cancelled'";
  }
  return "0";
#undef REEVE_TRIED
#undef REEVE_PAUSED
#undef REEVE_BLOCKED
}

enum class Group { queued, active, waiting, terminal };

Group group_of(State state) {
  switch (state) {
    case State::scheduled:
    case State::queued:
    case State::blocked:
    case State::retrying: return Group::queued;
    case State::claimed:
    case State::running:
    case State::stale:
    case State::cancelling: return Group::active;
    case State::waiting: return Group::waiting;
    case State::succeeded:
    case State::failed:
    case State::cancelled: return Group::terminal;
  }
  return Group::terminal;
}

bool may_be(Status status, const std::vector<State>& states) {
  return std::any_of(states.begin(), states.end(), [&](State state) {
    switch (group_of(state)) {
      case Group::queued: return status == Status::queued;
      case Group::active: return status == Status::claimed || status == Status::running;
      case Group::waiting: return status == Status::waiting;
      case Group::terminal: return name(status) == name(state);
    }
    return true;
  });
}

bool is_any_of(const std::vector<std::string>& names, const std::string& wanted) {
  return names.empty() || std::find(names.begin(), names.end(), wanted) != names.end();
}

std::int64_t candidates(const std::vector<CountRow>& counts, const Selector& selector) {
  std::int64_t total = 0;
  for (const CountRow& row : counts)
    if (may_be(row.status, selector.states) && is_any_of(selector.kinds, row.kind) && is_any_of(selector.queues, row.queue)) total += row.count;
  return total;
}

// The ids of every task that may be in one of the states, from the indexes of their statuses.
std::string by_status(const std::vector<State>& states) {
  std::string sql;
  const auto add = [&](std::string_view part) {
    if (sql.find(part) != std::string::npos) return;
    if (!sql.empty()) sql += " UNION ALL ";
    sql += part;
  };
  for (const State state : states) {
    switch (group_of(state)) {
      case Group::queued:
        add("SELECT id FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0");
        add("SELECT id FROM reeve_task INDEXED BY reeve_task_blocked WHERE hold = 0 AND block <> 0");
        add("SELECT id FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1");
        break;
      case Group::active: add("SELECT id FROM reeve_task INDEXED BY reeve_task_lease WHERE lease_expires_at IS NOT NULL"); break;
      case Group::waiting: return {};
      case Group::terminal:
        add("SELECT id FROM reeve_task INDEXED BY reeve_task_finished WHERE finished_at IS NOT NULL AND status = '" + std::string(name(state)) + "'");
        break;
    }
  }
  return "t.id IN (" + sql + ")";
}

// From the index, status by status.
void add_fingerprints(Conditions& where, const Selector& selector) {
  if (selector.fingerprints.empty()) return;
  std::string statuses;
  for (const Status status : {Status::queued, Status::claimed, Status::running, Status::waiting, Status::succeeded, Status::failed, Status::cancelled}) {
    if (!selector.states.empty() && !may_be(status, selector.states)) continue;
    statuses += (statuses.empty() ? "'" : ", '") + std::string(name(status)) + "'";
  }
  std::string sql = "t.id IN (SELECT id FROM reeve_task INDEXED BY reeve_task_fingerprint WHERE status IN (" + statuses + ") AND fingerprint IN (";
  for (std::size_t i = 0; i < selector.fingerprints.size(); ++i) sql += i == 0 ? "?" : ", ?";
  where.add(sql + ") AND fingerprint IS NOT NULL)");
  for (const std::string& fingerprint : selector.fingerprints) where.push(std::string_view{fingerprint});
}

std::vector<std::string> kinds_of(const std::vector<CountRow>& counted, const Selector& selector) {
  if (!selector.kinds.empty()) return selector.kinds;
  std::vector<std::string> kinds;
  for (const CountRow& row : counted) kinds.push_back(row.kind);
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  return kinds;
}

KeyConditions::Wanted wanted_by(const Selector& selector) {
  const bool any = selector.states.empty() ||
                   std::any_of(selector.states.begin(), selector.states.end(), [](State state) { return group_of(state) == Group::terminal; });
  return any ? KeyConditions::Wanted::any_task : KeyConditions::Wanted::open_tasks;
}

void select(Conditions& where, const Selector& selector) {
  const auto text = [](const std::string& value) { return Conditions::Value{std::string_view{value}}; };
  where.add_any("t.id", selector.ids, [](TaskId id) { return Conditions::Value{number(id)}; });
  where.add_any("t.kind", selector.kinds, text);
  where.add_any("t.queue", selector.queues, text);
  if (selector.range) {
    where.add("t.id >= ?", number(selector.range->first));
    where.add("t.id <= ?", number(selector.range->second));
  }
  if (selector.batch) where.add("t.batch = ?", number(*selector.batch));
  if (selector.since) where.add("t.created_at >= ?", to_ms(*selector.since));
  if (selector.until) where.add("t.created_at < ?", to_ms(*selector.until));
  for (const auto& [key, value] : selector.labels) {
    where.add("t.id IN (SELECT task FROM reeve_label WHERE key = ? AND value = ?)", text(key));
    where.push(text(value));
  }
  add_fingerprints(where, selector);
  if (selector.states.empty()) return;
  std::string any;
  for (const State state : selector.states) any += (any.empty() ? "(" : " OR ") + std::string(condition(state));
  where.add(any + ")");
}

Task read_listed(Row row, bool with_payload) {
  Task task;
  read_task(row, task);
  read_side(row, task);
  read_error(row, task.error);
  read_progress(row, task);
  if (!with_payload) return task;
  read_payload(row, task);
  task.result = row.maybe_text();
  return task;
}

}  // namespace

TaskPage SqliteReader::list(const ListQuery& query, Timestamp now) {
  const ReadTransaction one_state(db_);
  TaskPage page;
  const Selector& selector = query.selector;
  Conditions where;
  where.add("?1 IS NOT NULL", to_ms(now));  // so that ?1 is bound whatever follows
  if (!selector.states.empty() && selector.ids.empty()) {
    const std::int64_t most = candidates(counts(), selector);
    if (most == 0) return page;
    if (most <= few)
      if (const std::string ids = by_status(selector.states); !ids.empty()) where.add(ids);
  }
  select(where, selector);
  const KeyConditions keys(selector, selector.concurrency_keys.empty() ? selector.kinds : kinds_of(counts(), selector), wanted_by(selector));
  keys.add_to(where);
  const bool newest_first = query.order == Order::newest_first;
  if (query.after) where.add(newest_first ? "t.id < ?" : "t.id > ?", number(*query.after));
  const int limit = page_limit(query.limit);
  where.push(std::int64_t{limit} + 1);
  std::string sql = "SELECT " REEVE_TASK_COLUMNS ", " REEVE_SIDE_COLUMNS ", " REEVE_ERROR_COLUMNS ", " REEVE_PROGRESS_COLUMNS;
  if (query.with_payload) sql += ", " REEVE_PAYLOAD_COLUMNS ", (SELECT r.result FROM reeve_result r WHERE r.task = t.id)";
  sql += " FROM reeve_task t JOIN reeve_payload p ON p.task = t.id LEFT JOIN reeve_error e ON e.task = t.id AND e.epoch = 0"
         " LEFT JOIN reeve_progress g ON g.task = t.id";
  sql += where.sql();
  sql += newest_first ? " ORDER BY t.id DESC LIMIT ?" : " ORDER BY t.id LIMIT ?";
  Statement statement(db_.handle(), sql, db_.path());
  Query rows(statement);
  where.bind(rows);
  PageRoom room(limit);
  while (rows.step()) {
    Task task = read_listed(rows.row(), query.with_payload);
    if (!room.take(query.with_payload ? page_bytes(task) : 0)) {
      page.more = true;
      break;
    }
    page.tasks.push_back(std::move(task));
  }
  return page;
}

}  // namespace reeve::store::sqlite
