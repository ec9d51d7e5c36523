// A claim: what has become due is made ready, then the heads of all lanes are merged. See docs/decisions/003.
#include <algorithm>
#include <queue>
#include <tuple>

#include "store/event_data.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {
namespace {

struct Head {
  int priority = 0;
  std::int64_t run_at = 0;
  TaskId id{};
  [[nodiscard]] auto place() const { return std::make_tuple(-priority, run_at, id); }
};

// The ready tasks of one (queue, kind), read in growing pieces as they are taken.
class Lane {
 public:
  Lane(std::string queue, std::string kind, int first_piece) : queue_(std::move(queue)), kind_(std::move(kind)), piece_(first_piece) {}
  [[nodiscard]] const std::string& queue() const { return queue_; }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] const Head& head() const { return heads_[next_]; }
  void advance() { ++next_; }

  // False: the lane is empty.
  bool fill(Connection& db, Timestamp now) {
    if (next_ < heads_.size()) return true;
    if (ended_) return false;
    Query query = db.query(
        "SELECT priority, run_at, id FROM reeve_task INDEXED BY reeve_task_ready "
        "WHERE hold = 0 AND queue = ? AND kind = ? AND run_at <= ? ORDER BY priority DESC, run_at, id LIMIT ? OFFSET ?");
    query.bind(queue_, kind_, now, piece_, offset_);
    heads_.clear();
    next_ = 0;
    while (query.step()) {
      Row row = query.row();
      Head head;
      head.priority = row.small();
      head.run_at = row.integer();
      head.id = row.id();
      heads_.push_back(head);
    }
    ended_ = static_cast<int>(heads_.size()) < piece_;
    offset_ += piece_;
    piece_ *= 2;
    return !heads_.empty();
  }

 private:
  std::string queue_;
  std::string kind_;
  std::vector<Head> heads_{};
  std::size_t next_ = 0;
  int piece_;
  int offset_ = 0;
  bool ended_ = false;
};

// What may still be taken, by name.
class Rooms {
 public:
  explicit Rooms(const std::vector<Room>& rooms) : rooms_(rooms) {}
  [[nodiscard]] Room* find(std::string_view name) {
    const auto found = std::find_if(rooms_.begin(), rooms_.end(), [&](const Room& room) { return is_called(room, name); });
    return found == rooms_.end() ? nullptr : &*found;
  }

 private:
  std::vector<Room> rooms_;
};

struct Admission {
  Rooms kinds;
  Rooms queues;
  [[nodiscard]] bool admits(const Lane& lane) {
    const Room* kind = kinds.find(lane.kind());
    const Room* queue = queues.find(lane.queue());
    return kind && kind->room > 0 && (!queue || queue->room > 0);
  }
  void take(const Lane& lane) {
    kinds.find(lane.kind())->room -= 1;
    if (Room* queue = queues.find(lane.queue())) queue->room -= 1;
  }
};

// Goes on to the next (queue, kind) that has ready tasks: one or two seeks. Not one comparison of pairs: SQLite begins that at the pair
// itself and would walk through the whole lane.
bool next_lane(Connection& db, std::string& queue, std::string& kind) {
  {
    Query same_queue = db.query(
        "SELECT kind FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND queue = ? AND kind > ? ORDER BY kind LIMIT 1");
    same_queue.bind(queue, kind);
    if (same_queue.step()) {
      std::string found = same_queue.row().text();
      kind = std::move(found);
      return true;
    }
  }
  Query next_queue = db.query("SELECT queue, kind FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND queue > ? ORDER BY queue, kind LIMIT 1");
  next_queue.bind(queue);
  if (!next_queue.step()) return false;
  Row row = next_queue.row();
  std::string found = row.text();
  kind = row.text();
  queue = std::move(found);
  return true;
}

// Every (queue, kind) that has ready tasks and room.
std::vector<Lane> open_lanes(Session& session, Admission& admission, int limit) {
  std::vector<Lane> lanes;
  std::string queue;
  std::string kind;
  while (next_lane(session.db, queue, kind)) {
    Lane lane(queue, kind, limit);
    if (!session.is_paused(queue) && admission.admits(lane)) lanes.push_back(std::move(lane));
  }
  const auto count = static_cast<int>(lanes.size());
  if (count > 1)
    for (Lane& lane : lanes) lane = Lane(lane.queue(), lane.kind(), limit / count + 1);
  return lanes;
}

}  // namespace

ClaimAnswer SqliteTasks::claim(const ClaimRequest& request, Timestamp now) {
  session_.require_batch();
  ClaimAnswer answer;
  const bool more_rings = waits_.ring(now);
  const bool more_due = promote(now);
  const bool more_expired = static_cast<int>(cancel_expired(now, promotion_chunk).size()) == promotion_chunk;
  if (request.limit > 0) {
    Admission admission{Rooms(request.kinds), Rooms(request.queues)};
    std::vector<Lane> lanes = open_lanes(session_, admission, request.limit);
    const auto later = [](const Lane* a, const Lane* b) { return a->head().place() > b->head().place(); };
    std::priority_queue<Lane*, std::vector<Lane*>, decltype(later)> heads(later);
    for (Lane& lane : lanes)
      if (lane.fill(session_.db, now)) heads.push(&lane);
    std::vector<TaskId> chosen;  // taken when all is chosen: taking changes the index that the lanes read
    while (!heads.empty() && static_cast<int>(chosen.size()) < request.limit) {
      Lane* lane = heads.top();
      heads.pop();
      if (!admission.admits(*lane)) continue;
      admission.take(*lane);
      chosen.push_back(lane->head().id);
      lane->advance();
      if (lane->fill(session_.db, now)) heads.push(lane);
    }
    answer.tasks.reserve(chosen.size());
    for (const TaskId id : chosen) take(id, request, now, answer.tasks);
  }
  answer.next_due = more_rings || more_due || more_expired ? now : next_due(now);
  return answer;
}

bool SqliteTasks::promote(Timestamp now) {
  Query promote = session_.db.query(
      "UPDATE reeve_task SET hold = 0 WHERE id IN (SELECT id FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1 AND run_at <= ? "
      "ORDER BY run_at LIMIT ?)");
  promote.bind(now, promotion_chunk);
  return promote.run_counting() == promotion_chunk;
}

bool SqliteTasks::take(TaskId id, const ClaimRequest& request, Timestamp now, std::vector<Task>& taken) {
  std::optional<Task> task = load_whole(session_.db, id);
  if (!task || (task->expires_at && *task->expires_at <= now)) return false;
  const Attempt attempt = begin_attempt(*task, request, now);
  {
    Query row = session_.db.query(
        "UPDATE reeve_task SET status = 'claimed', hold = NULL, attempt = ?, epoch = ?, runner = ?, lease_expires_at = ?, claimed_at = ? "
        "WHERE id = ?");
    row.bind(task->attempt, task->epoch, task->runner, task->lease_expires_at, now, id).run();
  }
  {
    Query row = session_.db.query("INSERT INTO reeve_attempt (task, epoch, number, generation, runner, claimed_at) VALUES (?, ?, ?, ?, ?, ?)");
    row.bind(id, attempt.epoch, attempt.number, attempt.generation, attempt.runner, now).run();
  }
  Event event = event_about(*task, "task.claimed", "runner", now);
  event.data = event_data::claimed(*task);
  session_.append(event);
  session_.counts.moved(*task, Status::queued);
  taken.push_back(std::move(*task));
  return true;
}

std::optional<Timestamp> SqliteTasks::next_due(Timestamp now) {
  Query query = session_.db.query(
      "SELECT (SELECT min(run_at) FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1), "
      "(SELECT min(expires_at) FROM reeve_task INDEXED BY reeve_task_expires WHERE hold IS NOT NULL AND expires_at IS NOT NULL AND expires_at > ?), "
      "(SELECT min(at) FROM reeve_timer INDEXED BY reeve_timer_at WHERE fired_at IS NULL), "
      "(SELECT min(wake_at) FROM reeve_step INDEXED BY reeve_step_wake WHERE wake_at IS NOT NULL)");
  query.bind(now);
  std::optional<Timestamp> next;
  if (!query.step()) return next;
  Row row = query.row();
  for (int moments = 4; moments > 0; --moments) {
    const auto at = row.maybe_time();
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

bool SqliteTasks::start(ClaimKey claim, std::int64_t pid, std::string_view executor, Timestamp now) {
  session_.require_batch();
  std::optional<Task> task = load_hot(session_.db, claim.task);
  if (!task || !holds(*task, claim)) return false;
  if (task->status == Status::running) return true;
  begin_run(*task, now);
  {
    Query row = session_.db.query("UPDATE reeve_task SET status = 'running', started_at = ? WHERE id = ?");
    row.bind(task->started_at, claim.task).run();
  }
  {
    Query row = session_.db.query("UPDATE reeve_attempt SET started_at = ?, pid = ?, executor = ? WHERE task = ? AND epoch = ?");
    row.bind(now, pid, executor, claim.task, claim.epoch).run();
  }
  Event event = event_about(*task, "task.started", "runner", now);
  event.data = event_data::started(*task, pid, executor);
  session_.append(event);
  session_.counts.moved(*task, Status::claimed);
  return true;
}

}  // namespace reeve::store::sqlite
