// Looks for damage and for broken promises: what a store of ours never holds.
#include <map>
#include <optional>

#include "store/sqlite/findings.hpp"
#include "store/sqlite/reader.hpp"
#include "store/transitions.hpp"

namespace reeve::store::sqlite {
namespace {

std::optional<Status> after(std::string_view event) {
  if (event == "task.enqueued") return Status::queued;
  for (const Transition& transition : transitions)
    if (transition.event == event) return transition.to;
  return std::nullopt;
}

// A task's events, one after the other, are a path through the published table that ends where the task is.
class Replay {
 public:
  explicit Replay(Findings& findings) : findings_(findings) {}

  void next(TaskId task, std::string_view event) {
    if (!task_ || *task_ != task) status_.reset();
    task_ = task;
    const auto to = after(event);
    if (!to) return;
    if (event == "task.enqueued") {
      if (status_) complain("is enqueued twice");
    } else if (status_ && !may_follow(*status_, *to)) {
      complain(std::string(event) + " follows " + std::string(name(*status_)));
    }
    status_ = to;
    ends_[task] = *to;
  }

  void compare(TaskId task, Status status) {
    const auto end = ends_.find(task);
    if (end == ends_.end() || end->second == status) return;
    findings_.add("task " + std::to_string(number(task)) + " is " + std::string(name(status)) + " but its events end in " +
                  std::string(name(end->second)));
  }

 private:
  void complain(const std::string& what) { findings_.add("task " + std::to_string(number(*task_)) + ": " + what); }
  Findings& findings_;
  std::optional<TaskId> task_{};
  std::optional<Status> status_{};
  std::map<TaskId, Status> ends_{};
};

}  // namespace

std::vector<std::string> SqliteReader::check() {
  const ReadTransaction one_state(db_);
  Findings findings;
  {
    Query query = db_.query("PRAGMA integrity_check(100)");
    while (query.step())
      if (const std::string line = query.row().text(); line != "ok") findings.add("file: " + line);
  }
  {
    Query query = db_.query("PRAGMA foreign_key_check");
    while (query.step()) findings.add("a row of " + query.row().text() + " belongs to no task");
  }
  findings.find(db_,
                "SELECT 'counts: ' || queue || ' ' || kind || ' ' || status || ' has ' || sum(real) || ' tasks, ' || sum(kept) || ' are counted' FROM "
                "(SELECT queue, kind, status, count(*) AS real, 0 AS kept FROM reeve_task GROUP BY 1, 2, 3 "
                "UNION ALL SELECT queue, kind, status, 0, count FROM reeve_count) GROUP BY queue, kind, status HAVING sum(real) <> sum(kept)");
  findings.find(db_,
                "SELECT 'task ' || t.id || ' has epoch ' || t.epoch || ', its newest attempt ' || coalesce(max(a.epoch), 0) FROM reeve_task t "
                "LEFT JOIN reeve_attempt a ON a.task = t.id GROUP BY t.id HAVING t.epoch <> coalesce(max(a.epoch), 0) "
                "AND NOT (t.epoch > coalesce(max(a.epoch), 0) AND t.epoch >= "  // an import or a restore raises the epochs of tasks
                "coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'epochs_raised_to'), 9223372036854775807))");
  findings.find(db_,
                "SELECT 'task ' || t.id || ' is ' || t.status || ' but attempt ' || a.epoch || ' is ' || coalesce(a.outcome, 'open') FROM reeve_task t "
                "JOIN reeve_attempt a ON a.task = t.id WHERE (a.outcome IS NULL) <> (t.lease_expires_at IS NOT NULL AND a.epoch = t.epoch)");
  findings.find(db_,
                "SELECT 'task ' || t.id || ' has used ' || t.attempt || ' of ' || t.max_attempts || ' attempts' FROM reeve_task t "
                "WHERE t.attempt > max(t.max_attempts, 1)");
  findings.find(db_,
                "SELECT 'tasks ' || group_concat(t.id) || ' are open with one dedupe key' FROM reeve_task t JOIN reeve_payload p ON p.task = t.id "
                "WHERE p.dedupe_key IS NOT NULL AND p.dedupe_window IS NULL AND t.finished_at IS NULL "
                "GROUP BY p.dedupe_key, p.dedupe_scope, iif(p.dedupe_scope = 'kind', t.kind, '') HAVING count(*) > 1");
  findings.find(db_,
                "SELECT 'task ' || t.id || ' has no payload' FROM reeve_task t LEFT JOIN reeve_payload p ON p.task = t.id WHERE p.task IS NULL");
  check_parts(db_, findings);
  check_keys(db_, findings);
  check_batches(db_, findings);
  check_numbers(db_, findings);
  Replay replay(findings);
  {
    Query query = db_.query("SELECT task, type FROM reeve_event WHERE task IS NOT NULL ORDER BY task, seq");
    while (query.step()) {
      Row row = query.row();
      const TaskId task = row.id();
      replay.next(task, row.view());
    }
  }
  Query query = db_.query("SELECT id, status FROM reeve_task ORDER BY id");
  while (query.step()) {
    Row row = query.row();
    const TaskId task = row.id();
    replay.compare(task, parse_status(row.view()).value_or(Status::queued));
  }
  return findings.take();
}

}  // namespace reeve::store::sqlite
