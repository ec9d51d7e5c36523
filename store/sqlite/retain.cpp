// Retention: events, whole tasks, requests, and the size of the file. Logs and steps are in retain_parts.cpp.
#include <algorithm>
#include <limits>

#include "store/sqlite/retention_piece.hpp"

namespace reeve::store::sqlite {

RetentionReport SqliteMaintenance::retain(const RetentionPolicy& policy, Timestamp now, int limit) {
  session_.require_batch();
  return RetentionPiece(session_, tasks_, policy, now, std::max(limit, 0)).run();
}

Cursor SqliteMaintenance::append_event(const Event& event) {
  session_.require_batch();
  session_.append(event);
  return Cursor{session_.last_event()};
}

RetentionReport RetentionPiece::run() {
  session_.counts.write(db_);  // what this batch has changed so far
  events();
  tasks();
  empty_batches();
  log_of_each_task();
  all_logs();
  steps();
  requests();
  size();
  if (!report_.more) report_.next_due = next_due();
  return report_;
}

// ----------------------------------------------------------------------------------------------------------------- events

// Only from the front: a cursor either has everything behind it or is told that it has not.
void RetentionPiece::events() {
  if (!policy_.events && !policy_.newest_events) return;
  const std::int64_t surplus = policy_.newest_events ? session_.last_event() - *policy_.newest_events : 0;
  std::int64_t last = 0, looked_at = 0;
  {
    Query query = db_.query("SELECT seq, at FROM reeve_event ORDER BY seq LIMIT ?");
    query.bind(limit_);
    while (query.step()) {
      Row row = query.row();
      const std::int64_t seq = row.integer();
      if (seq > surplus && !(policy_.events && row.time() < now_ - *policy_.events)) break;
      last = seq;
      ++looked_at;
    }
  }
  report_.events = delete_events_to(last);
  if (looked_at == limit_) reached_limit();
}

std::int64_t RetentionPiece::delete_events_to(std::int64_t seq) {
  if (seq == 0) return 0;
  session_.prune_events_to(seq);
  return db_.query("DELETE FROM reeve_event WHERE seq <= ?").bind(seq).run_counting();
}

// ------------------------------------------------------------------------------------------------------------------ tasks

std::vector<EndedGroup> ended_groups(Connection& db) {
  std::vector<EndedGroup> groups;
  for (const Status status : {Status::succeeded, Status::failed, Status::cancelled}) {
    Query query = db.query("SELECT kind, sum(count) FROM reeve_count WHERE status = ? GROUP BY kind HAVING sum(count) > 0 ORDER BY kind");
    query.bind(name(status));
    while (query.step()) {
      Row row = query.row();
      EndedGroup& group = groups.emplace_back();
      group.status = status;
      group.kind = row.text();
      group.count = row.integer();
    }
  }
  return groups;
}

void RetentionPiece::tasks() {
  for (const EndedGroup& group : ended_groups(db_)) {
    const KeptFor kept = kept_for(policy_, group.status);
    if (!kept.age && !kept.newest) continue;
    std::optional<Timestamp> before;
    if (kept.age) before = now_ - *kept.age;
    tasks_of(group.status, group.kind, kept.newest ? group.count - *kept.newest : 0, before);
  }
}

// Those that ended first: `excess` of them in any case, and further ones while they ended before `before`.
void RetentionPiece::tasks_of(Status status, const std::string& kind, std::int64_t excess, std::optional<Timestamp> before) {
  std::vector<TaskId> old;
  {
    Query query = db_.query(
        "SELECT id, finished_at FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? AND finished_at IS NOT NULL "
        "ORDER BY finished_at, id");
    query.bind(name(status), kind);
    while (query.step()) {
      Row row = query.row();
      const TaskId id = row.id();
      if (static_cast<std::int64_t>(old.size()) >= excess && !(before && row.time() < *before)) break;
      if (report_.tasks + static_cast<std::int64_t>(old.size()) == limit_) {
        reached_limit();
        break;
      }
      old.push_back(id);
    }
  }
  for (const TaskId id : old) let_go(id, status);
}

void RetentionPiece::let_go(TaskId task, Status status) {
  (void)tasks_.remove(task, "retention", now_);
  ++report_.tasks;
  ++(status == Status::succeeded ? report_.succeeded : status == Status::failed ? report_.failed : report_.cancelled);
}

// Those of which no task was there when they ended. The others go with their last task.
void RetentionPiece::empty_batches() {
  if (!policy_.succeeded) return;
  session_.keep_numbers();
  Query row = db_.query(
      "DELETE FROM reeve_batch WHERE id IN (SELECT id FROM reeve_batch INDEXED BY reeve_batch_empty WHERE empty = 1 AND finished_at < ? "
      "ORDER BY finished_at, id LIMIT ?)");
  if (row.bind(now_ - *policy_.succeeded, limit_).run_counting() == limit_ && limit_ > 0) reached_limit();
}

// --------------------------------------------------------------------------------------------------------------- requests

void RetentionPiece::requests() {
  if (!policy_.requests) return;
  Query row = db_.query("DELETE FROM reeve_request WHERE key IN (SELECT key FROM reeve_request WHERE at < ? ORDER BY at, key LIMIT ?)");
  report_.requests = row.bind(now_ - *policy_.requests, limit_).run_counting();
  if (report_.requests == limit_) reached_limit();
}

// ------------------------------------------------------------------------------------------------------------------- size

std::int64_t used_bytes(Connection& db) {
  return (db.integer("PRAGMA page_count") - db.integer("PRAGMA freelist_count")) * db.integer("PRAGMA page_size");
}

// A few at a time, so that not much more goes than has to.
void RetentionPiece::size() {
  if (!policy_.store_bytes || report_.more) return;
  constexpr std::int64_t events_at_a_time = 200;
  std::int64_t gone = 0;
  for (std::int64_t over = 0; (over = used_bytes(db_) - *policy_.store_bytes) > 0;) {
    report_.over_bytes = over;
    if (gone >= limit_) return reached_limit();
    std::vector<TaskId> old = ended_first();
    for (const TaskId id : old)
      if (const auto task = load_hot(db_, id)) let_go(id, task->status);
    if (old.empty()) {
      const std::int64_t last = db_.integer("SELECT max(seq) FROM (SELECT seq FROM reeve_event ORDER BY seq LIMIT 200)");
      if (last == 0) return;
      report_.events += delete_events_to(last);
    }
    gone += old.empty() ? events_at_a_time : static_cast<std::int64_t>(old.size());
  }
  report_.over_bytes = 0;
}

std::vector<TaskId> RetentionPiece::ended_first() {
  constexpr std::size_t at_a_time = 10;
  std::vector<std::pair<Timestamp, TaskId>> oldest;
  session_.counts.write(db_);
  for (const EndedGroup& group : ended_groups(db_)) {
    Query query = db_.query(
        "SELECT finished_at, id FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? AND finished_at IS NOT NULL "
        "ORDER BY finished_at, id LIMIT 10");
    query.bind(name(group.status), group.kind);
    while (query.step()) {
      Row row = query.row();
      const Timestamp at = row.time();
      oldest.emplace_back(at, row.id());
    }
  }
  std::sort(oldest.begin(), oldest.end());
  if (oldest.size() > at_a_time) oldest.resize(at_a_time);
  std::vector<TaskId> ids;
  for (const auto& [at, id] : oldest) ids.push_back(id);
  return ids;
}

// Full pages only: what is in use moves to the front, the end is cut off. Files from before this sort of vacuum keep their size.
SpaceGiven SqliteMaintenance::give_space_back(std::int64_t bytes) {
  session_.require_batch();
  const std::int64_t page = session_.db.integer("PRAGMA page_size");
  const std::int64_t before = session_.db.integer("PRAGMA freelist_count");
  SpaceGiven given;
  given.by_rewriting_only = session_.db.integer("PRAGMA auto_vacuum") != 2;
  const std::int64_t wanted = std::max<std::int64_t>(bytes, 0) / page;
  if (!given.by_rewriting_only && wanted > 0) session_.db.run("PRAGMA incremental_vacuum(" + std::to_string(std::min(wanted, before)) + ")");
  given.left = session_.db.integer("PRAGMA freelist_count") * page;
  given.bytes = before * page - given.left;
  return given;
}

// --------------------------------------------------------------------------------------------------------------- next due

std::optional<Timestamp> RetentionPiece::next_due() {
  std::optional<Timestamp> next;
  const auto consider = [&](Timestamp at) { next = std::min(next.value_or(at), at); };
  session_.counts.write(db_);
  for (const EndedGroup& group : ended_groups(db_)) {
    const KeptFor kept = kept_for(policy_, group.status);
    if (!kept.age) continue;
    Query query = db_.query(
        "SELECT finished_at FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? AND finished_at IS NOT NULL "
        "ORDER BY finished_at LIMIT 1");
    if (query.bind(name(group.status), group.kind).step()) consider(due_after(query.row().time(), *kept.age));
  }
  if (policy_.events) {
    Query query = db_.query("SELECT at FROM reeve_event ORDER BY seq LIMIT 1");
    if (query.step()) consider(due_after(query.row().time(), *policy_.events));
  }
  if (policy_.succeeded) {
    Query query = db_.query("SELECT finished_at FROM reeve_batch INDEXED BY reeve_batch_empty WHERE empty = 1 ORDER BY finished_at LIMIT 1");
    if (query.step()) consider(due_after(query.row().time(), *policy_.succeeded));
  }
  if (policy_.requests) {
    Query query = db_.query("SELECT at FROM reeve_request ORDER BY at LIMIT 1");
    if (query.step()) consider(due_after(query.row().time(), *policy_.requests));
  }
  return next;
}

}  // namespace reeve::store::sqlite
