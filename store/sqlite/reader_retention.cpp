// What retention would let go, found by looking only.
#include <algorithm>
#include <limits>
#include <map>

#include "store/sqlite/reader.hpp"
#include "store/sqlite/retention_piece.hpp"

namespace reeve::store::sqlite {
namespace {

class Forecast {
 public:
  Forecast(Connection& db, const RetentionPolicy& policy, Timestamp now) : db_(db), policy_(policy), now_(now) {}

  RetentionReport run() {
    events();
    for (const EndedGroup& group : ended_groups(db_)) tasks_of(group);
    log_of_each_task();
    all_logs();
    steps();
    requests();
    if (policy_.store_bytes) report_.over_bytes = std::max<std::int64_t>(0, used_bytes(db_) - *policy_.store_bytes);
    return report_;
  }

 private:
  using Place = std::pair<Timestamp, TaskId>;          // in the order in which tasks of a group ended
  using Group = std::pair<std::string, std::string>;   // status, kind

  void events() {
    const std::int64_t newest = db_.integer("SELECT max(coalesce((SELECT max(seq) FROM reeve_event), 0), "
                                            "coalesce((SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'last_event'), 0))");
    std::int64_t last = policy_.newest_events ? newest - *policy_.newest_events : 0;
    if (policy_.events) {
      Query kept = db_.query("SELECT seq FROM reeve_event WHERE at >= ? ORDER BY seq LIMIT 1");
      kept.bind(now_ - *policy_.events);
      last = std::max(last, kept.step() ? kept.row().integer() - 1 : newest);
    }
    if (last <= 0) return;
    Query count = db_.query("SELECT count(*) FROM reeve_event WHERE seq <= ?");
    if (count.bind(last).step()) report_.events = count.row().integer();
  }

  // By age and by number the same ones go first, so the larger number counts.
  void tasks_of(const EndedGroup& group) {
    const KeptFor kept = kept_for(policy_, group.status);
    std::int64_t gone = kept.newest ? std::max<std::int64_t>(0, group.count - *kept.newest) : 0;
    if (kept.age) {
      Query count = db_.query(
          "SELECT count(*) FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? AND finished_at IS NOT NULL AND finished_at < ?");
      if (count.bind(name(group.status), group.kind, now_ - *kept.age).step()) gone = std::max(gone, count.row().integer());
    }
    if (gone == 0) return;
    report_.tasks += gone;
    (group.status == Status::succeeded ? report_.succeeded : group.status == Status::failed ? report_.failed : report_.cancelled) += gone;
    note_first_kept(group, gone);
  }

  void note_first_kept(const EndedGroup& group, std::int64_t gone) {
    Place place{Timestamp::max(), TaskId{std::numeric_limits<std::int64_t>::max()}};
    {
      Query first = db_.query(
          "SELECT finished_at, id FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? AND finished_at IS NOT NULL "
          "ORDER BY finished_at, id LIMIT 1 OFFSET ?");
      first.bind(name(group.status), group.kind, gone);
      if (first.step()) {
        Row row = first.row();
        place.first = row.time();
        place.second = row.id();
      }
    }
    first_kept_.emplace(Group{std::string(name(group.status)), group.kind}, place);
    if (!policy_.log_bytes) return;
    Query bytes = db_.query(
        "SELECT sum(log_bytes) FROM (SELECT log_bytes FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? "
        "AND finished_at IS NOT NULL ORDER BY finished_at, id LIMIT ?)");
    if (bytes.bind(name(group.status), group.kind, gone).step()) bytes_gone_ += bytes.row().integer();
  }

  // `row` stands at status, kind, finished_at; `id` is of the same task.
  bool is_kept(Row& row, TaskId id) const {
    Group group;
    group.first = row.text();
    group.second = row.text();
    const auto found = first_kept_.find(group);
    return found == first_kept_.end() || Place{row.time(), id} >= found->second;
  }

  void log_of_each_task() {
    if (!policy_.log_bytes_per_task) return;
    const std::int64_t most = std::max(*policy_.log_bytes_per_task, log_bytes_least);
    Query query = db_.query(
        "SELECT id, log_bytes, status, kind, finished_at FROM reeve_task INDEXED BY reeve_task_long_log "
        "WHERE finished_at IS NOT NULL AND log_bytes > 4096 AND log_bytes > ?");
    query.bind(most);
    while (query.step()) {
      Row row = query.row();
      const TaskId id = row.id();
      const std::int64_t bytes = row.integer();
      if (is_kept(row, id)) trim(id, bytes - most);
    }
  }

  void all_logs() {
    if (!policy_.log_bytes) return;
    std::int64_t excess = sum_of_logs(db_) - bytes_gone_ - report_.log_bytes - *policy_.log_bytes;
    Query query = db_.query(
        "SELECT id, log_bytes, status, kind, finished_at FROM reeve_task INDEXED BY reeve_task_logged WHERE finished_at IS NOT NULL AND log_bytes > 0 "
        "ORDER BY finished_at, id");
    while (excess > 0 && query.step()) {
      Row row = query.row();
      const TaskId id = row.id();
      const std::int64_t bytes = row.integer();
      if (!is_kept(row, id)) continue;
      const std::int64_t before = report_.log_bytes;
      trim(id, std::min(excess, bytes - trimmed_[id].bytes));
      excess -= report_.log_bytes - before;
    }
  }

  // Further lines behind those that go in any case.
  void trim(TaskId task, std::int64_t excess) {
    Trimmed& so_far = trimmed_[task];
    Query query = db_.query("SELECT seq, length(message) + coalesce(length(CAST(meta AS BLOB)), 0) FROM reeve_log WHERE task = ? AND seq > ? ORDER BY seq");
    query.bind(task, so_far.last);
    for (std::int64_t gone = 0; gone < excess && query.step();) {
      Row row = query.row();
      so_far.last = row.integer();
      const std::int64_t bytes = row.integer();
      gone += bytes;
      so_far.bytes += bytes;
      report_.log_bytes += bytes;
      ++report_.log_lines;
    }
  }

  void steps() {
    if (!policy_.steps_per_task) return;
    Query query = db_.query(
        "SELECT id, steps, status, kind, finished_at FROM reeve_task INDEXED BY reeve_task_many_steps WHERE status = 'succeeded' AND steps > 0 AND steps > ?");
    query.bind(*policy_.steps_per_task);
    while (query.step()) {
      Row row = query.row();
      const TaskId id = row.id();
      const std::int64_t count = row.integer();
      if (is_kept(row, id)) report_.steps += count - *policy_.steps_per_task;
    }
  }

  void requests() {
    if (!policy_.requests) return;
    Query count = db_.query("SELECT count(*) FROM reeve_request WHERE at < ?");
    if (count.bind(now_ - *policy_.requests).step()) report_.requests = count.row().integer();
  }

  struct Trimmed {
    std::int64_t last = 0;
    std::int64_t bytes = 0;
  };
  Connection& db_;
  const RetentionPolicy& policy_;
  Timestamp now_;
  RetentionReport report_{};
  std::map<Group, Place> first_kept_{};   // of groups of which something goes
  std::map<TaskId, Trimmed> trimmed_{};
  std::int64_t bytes_gone_ = 0;           // logs of tasks that go as a whole
};

}  // namespace

RetentionReport SqliteReader::would_let_go(const RetentionPolicy& policy, Timestamp now) {
  const ReadTransaction one_state(db_);
  return Forecast(db_, policy, now).run();
}

}  // namespace reeve::store::sqlite
