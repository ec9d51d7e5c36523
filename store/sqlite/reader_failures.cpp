// Faults: failed tasks counted by the index of their fingerprints, and of each group the newest one looked up.
#include "store/fingerprint.hpp"
#include "store/matching.hpp"
#include "store/sqlite/conditions.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {
namespace {

Conditions failed_tasks(const FailureQuery& query) {
  const auto text = [](const std::string& value) { return Conditions::Value{std::string_view{value}}; };
  Conditions where;
  where.add("t.status = 'failed'");
  where.add("t.fingerprint IS NOT NULL");
  where.add_any("t.kind", query.kinds, text);
  where.add_any("t.queue", query.queues, text);
  if (query.since) where.add("t.finished_at >= ?", to_ms(*query.since));
  return where;
}

void read_newest(Connection& db, const FailureQuery& query, FailureGroup& group) {
  Conditions where = failed_tasks(query);
  where.add("t.fingerprint = ?", std::string_view{group.fingerprint});
  where.add("t.kind = ?", std::string_view{group.kind});
  where.add("t.finished_at = ?", to_ms(group.last));
  const std::string sql = "SELECT e.task, " REEVE_ERROR_COLUMNS " FROM reeve_error e WHERE e.epoch = 0 AND e.task = "
                          "(SELECT max(t.id) FROM reeve_task t INDEXED BY reeve_task_fingerprint" + where.sql() + ")";
  Statement statement(db.handle(), sql, db.path());
  Query found(statement);
  where.bind(found);
  if (!found.step()) return;
  Row row = found.row();
  group.newest = row.id();
  std::optional<TaskError> error;
  read_error(row, error);
  if (!error) return;
  group.code = error->code;
  group.message = error->message;
  group.last_words = last_words(*error);
}

}  // namespace

FailurePage SqliteReader::failures(const FailureQuery& query) {
  const ReadTransaction one_state(db_);
  const int limit = page_limit(query.limit, failure_groups_max);
  Conditions where = failed_tasks(query);
  where.push(std::int64_t{limit} + 1);
  const std::string sql = "SELECT t.fingerprint, t.kind, count(*), min(t.finished_at), max(t.finished_at) FROM reeve_task t "
                          "INDEXED BY reeve_task_fingerprint" + where.sql() + " GROUP BY t.fingerprint, t.kind ORDER BY 5 DESC, 1, 2 LIMIT ?";
  FailurePage page;
  Statement statement(db_.handle(), sql, db_.path());
  Query rows(statement);
  where.bind(rows);
  while (rows.step()) {
    if (static_cast<int>(page.groups.size()) == limit) {
      page.more = true;
      break;
    }
    Row row = rows.row();
    FailureGroup& group = page.groups.emplace_back();
    group.fingerprint = row.text();
    group.kind = row.text();
    group.count = row.integer();
    group.first = row.time();
    group.last = row.time();
    read_newest(db_, query, group);
  }
  return page;
}

}  // namespace reeve::store::sqlite
