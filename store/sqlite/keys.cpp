#include "store/sqlite/keys.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace reeve::store::sqlite {
namespace {

// An enqueue counts those of its key that could start before it up to here, so that one with a large limit does not cost more the more of them wait.
constexpr int most_counted = 100;

constexpr int key_bit = static_cast<int>(Block::key);
constexpr int order_bit = static_cast<int>(Block::order);

// Tasks of a key that are held back, of one limit in one lane.
struct HeldLane {
  int limit = 0;
  std::string queue{};
  std::string kind{};
  int priority = 0;
};

bool read_lane(Row row, HeldLane& lane) {
  lane.limit = row.small();
  lane.queue = row.text();
  lane.kind = row.text();
  lane.priority = row.small();
  return true;
}

// Goes on to the next lane: one to four seeks, however many tasks are held back. Not one comparison of rows of values: SQLite begins that at
// the row itself and would walk through the whole lane.
bool next_held(Connection& db, std::string_view token, HeldLane& lane) {
  {
    Query priority = db.query(
        "SELECT key_limit, queue, kind, priority FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ? AND hold = 0 AND block = 1 "
        "AND key_limit = ? AND queue = ? AND kind = ? AND priority < ? ORDER BY priority DESC LIMIT 1");
    priority.bind(token, lane.limit, lane.queue, lane.kind, lane.priority);
    if (lane.limit > 0 && priority.step()) return read_lane(priority.row(), lane);
  }
  {
    Query kind = db.query(
        "SELECT key_limit, queue, kind, priority FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ? AND hold = 0 AND block = 1 "
        "AND key_limit = ? AND queue = ? AND kind > ? ORDER BY kind, priority DESC LIMIT 1");
    kind.bind(token, lane.limit, lane.queue, lane.kind);
    if (lane.limit > 0 && kind.step()) return read_lane(kind.row(), lane);
  }
  {
    Query queue = db.query(
        "SELECT key_limit, queue, kind, priority FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ? AND hold = 0 AND block = 1 "
        "AND key_limit = ? AND queue > ? ORDER BY queue, kind, priority DESC LIMIT 1");
    queue.bind(token, lane.limit, lane.queue);
    if (lane.limit > 0 && queue.step()) return read_lane(queue.row(), lane);
  }
  Query limit = db.query(
      "SELECT key_limit, queue, kind, priority FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ? AND hold = 0 AND block = 1 "
      "AND key_limit > ? ORDER BY key_limit, queue, kind, priority DESC LIMIT 1");
  limit.bind(token, lane.limit);
  return limit.step() && read_lane(limit.row(), lane);
}

std::vector<HeldLane> held_lanes(Connection& db, std::string_view token) {
  std::vector<HeldLane> lanes;
  HeldLane at;
  while (next_held(db, token, at)) lanes.push_back(at);
  return lanes;
}

// Of the first `room` tasks of the lane that could start or are held back by the key alone, none is held back any more.
bool let_go(Connection& db, std::string_view token, const HeldLane& lane, int room) {
  Query first = db.query(
      "UPDATE reeve_task SET block = 0 WHERE block = 1 AND id IN (SELECT id FROM ("
      "SELECT * FROM (SELECT fair, run_at, id FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ?1 AND hold = 0 "
      "AND block = 0 AND key_limit = ?2 AND queue = ?3 AND kind = ?4 AND priority = ?5 ORDER BY fair, run_at, id LIMIT ?6) UNION ALL "
      "SELECT * FROM (SELECT fair, run_at, id FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ?1 AND hold = 0 "
      "AND block = 1 AND key_limit = ?2 AND queue = ?3 AND kind = ?4 AND priority = ?5 ORDER BY fair, run_at, id LIMIT ?6)) "
      "ORDER BY fair, run_at, id LIMIT ?6)");
  return first.bind(token, lane.limit, lane.queue, lane.kind, lane.priority, room).run_counting() > 0;
}

bool is_any_held(Connection& db, std::string_view token, const HeldLane& lane) {
  Query held = db.query(
      "SELECT 1 FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ? AND hold = 0 AND block = 1 AND key_limit = ? AND queue = ? "
      "AND kind = ? AND priority = ? LIMIT 1");
  return held.bind(token, lane.limit, lane.queue, lane.kind, lane.priority).step();
}

}  // namespace

int Keys::block_of(const Task& task, Hold hold, std::int64_t place) {
  if (!task.order_key.empty() && !is_its_turn(task)) return order_bit;
  if (hold == Hold::ready && task.concurrency && is_crowded(task, place)) return key_bit;
  return 0;
}

int Keys::count_active(std::string_view token, TaskId except) {
  Query active = db_.query(
      "SELECT count(*) FROM reeve_task INDEXED BY reeve_task_key WHERE concurrency = ? AND finished_at IS NULL "
      "AND status IN ('claimed', 'running') AND id <> ?");
  active.bind(token, except);
  return active.step() ? active.row().small() : 0;
}

bool Keys::is_crowded(const Task& task, std::int64_t place) {
  const std::string token = concurrency_token(task.kind, task.concurrency).value();
  if (waits_for_token(token, task.kind)) return true;
  const int room = task.concurrency->limit - count_active(token, task.id);
  if (room <= 0) return true;
  if (room > most_counted) return false;   // a claim holds back what is too much, if it ever comes to that
  Query last = db_.query(
      "SELECT fair, run_at, id FROM reeve_task INDEXED BY reeve_task_key_lane WHERE concurrency = ? AND hold = 0 AND block = 0 AND key_limit = ? "
      "AND queue = ? AND kind = ? AND priority = ? ORDER BY fair, run_at, id LIMIT 1 OFFSET ?");
  last.bind(token, task.concurrency->limit, task.queue, task.kind, task.priority, room - 1);
  if (!last.step()) return false;
  Row row = last.row();
  const std::int64_t fair = row.integer();
  const Timestamp run_at = row.time();
  const TaskId id = row.id();
  return std::make_tuple(fair, run_at, id) < std::make_tuple(place, task.run_at, task.id);
}

bool Keys::is_its_turn(const Task& task) {
  {
    Query older = db_.query("SELECT 1 FROM reeve_task INDEXED BY reeve_task_line WHERE order_key = ? AND finished_at IS NULL AND id < ? LIMIT 1");
    if (older.bind(task.order_key, task.id).step()) return false;
  }
  return !runs_in_line(task.order_key, task.id);
}

bool Keys::runs_in_line(std::string_view line, TaskId except) {
  Query running = db_.query(
      "SELECT 1 FROM reeve_task INDEXED BY reeve_task_line_active WHERE order_key = ? AND lease_expires_at IS NOT NULL AND id <> ? LIMIT 1");
  return running.bind(line, except).step();
}

bool Keys::left(const Task& task) {
  bool gone = false;
  if (const auto token = concurrency_token(task.kind, task.concurrency)) gone = settle(*token);
  if (!task.order_key.empty()) gone |= advance(task.order_key);
  return gone;
}

bool Keys::let_pass(const Task& task) {
  const auto token = concurrency_token(task.kind, task.concurrency);
  return token && settle(*token);
}

bool Keys::settle(std::string_view token) {
  const std::vector<HeldLane> lanes = held_lanes(db_, token);
  if (lanes.empty()) return false;
  const int active = count_active(token);
  bool gone = false;
  for (const HeldLane& lane : lanes) {
    const int room = lane.limit - active;
    if (room <= 0) continue;
    // What waits for tokens is let go by the next claim, which knows how many there are.
    Query soon = db_.query("UPDATE reeve_key_wait SET at = 0 WHERE token = ? AND kind = ?");
    gone |= soon.bind(token, lane.kind).run_counting() > 0 || let_go(db_, token, lane, room);
  }
  return gone;
}

bool Keys::let_go_of_kind(std::string_view token, std::string_view kind, int tokens) {
  const std::vector<HeldLane> lanes = held_lanes(db_, token);
  const int active = lanes.empty() ? 0 : count_active(token);
  bool more = false;
  for (const HeldLane& lane : lanes) {
    const int room = lane.limit - active;
    if (lane.kind != kind || room <= 0) continue;
    const int gone = std::min(room, tokens);
    if (gone > 0) (void)let_go(db_, token, lane, gone);
    more |= gone < room && is_any_held(db_, token, lane);
  }
  return more;
}

bool Keys::waits_for_token(std::string_view token, std::string_view kind) {
  Query row = db_.query("SELECT 1 FROM reeve_key_wait WHERE token = ? AND kind = ?");
  return row.bind(token, kind).step();
}

bool Keys::advance(std::string_view line) {
  if (runs_in_line(line, TaskId{})) return false;
  TaskId first{};
  {
    Query oldest = db_.query(
        "SELECT id, block FROM reeve_task INDEXED BY reeve_task_line WHERE order_key = ? AND finished_at IS NULL ORDER BY id LIMIT 1");
    oldest.bind(line);
    if (!oldest.step()) return false;
    Row row = oldest.row();
    first = row.id();
    if ((row.integer() & order_bit) == 0) return false;
  }
  db_.query("UPDATE reeve_task SET block = block & ~?2 WHERE id = ?1").bind(first, order_bit).run();
  return true;
}

void Keys::came_back(const Task& task) {
  if (task.order_key.empty()) return;
  Task next;
  {
    Query query = db_.query(
        "SELECT id, kind, hold IS NOT NULL AND block & ?3 = 0, concurrency, key_limit FROM reeve_task INDEXED BY reeve_task_line "
        "WHERE order_key = ?1 AND finished_at IS NULL AND id > ?2 ORDER BY id LIMIT 1");
    query.bind(task.order_key, task.id, order_bit);
    if (!query.step()) return;
    Row row = query.row();
    next.id = row.id();
    next.kind = row.text();
    if (!row.flag()) return;
    if (!row.null()) {
      const std::string token = row.text();
      next.concurrency = parse_concurrency_token(token, row.small());
    }
  }
  db_.query("UPDATE reeve_task SET block = (block | ?2) & ~?3 WHERE id = ?1").bind(next.id, order_bit, key_bit).run();
  (void)left(next);
}

void Keys::block(TaskId task) { db_.query("UPDATE reeve_task SET block = ? WHERE id = ? AND hold = 0 AND block = 0").bind(key_bit, task).run(); }

}  // namespace reeve::store::sqlite
