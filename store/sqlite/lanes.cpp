#include "store/sqlite/lanes.hpp"

#include <algorithm>
#include <tuple>

namespace reeve::store::sqlite {

bool Lane::fill(Connection& db, Timestamp now) {
  if (next_ < heads_.size()) return true;
  if (ended_) return false;
  Query query = db.query(
      "SELECT fair, run_at, id, concurrency, key_limit, order_key FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue = ? AND kind = ? "
      "AND priority = ? AND run_at <= ? ORDER BY fair, run_at, id LIMIT ? OFFSET ?");
  query.bind(queue_, kind_, priority_, now, piece_, offset_);
  heads_.clear();
  next_ = 0;
  while (query.step()) {
    Row row = query.row();
    LaneHead head;
    head.fair = row.integer();
    head.run_at = row.time();
    head.id = row.id();
    head.keys.token = row.text();
    head.keys.limit = row.small();
    head.keys.line = row.text();
    heads_.push_back(std::move(head));
  }
  ended_ = static_cast<int>(heads_.size()) < piece_;
  offset_ += piece_;
  piece_ *= 2;
  return !heads_.empty();
}

bool Lane::find_startable(Connection& db, KeyJudge& judge, Timestamp now) {
  for (; !judge.is_tired() && fill(db, now); advance())
    if (!judge.is_paused(heads_[next_].labels, head().id) && judge.may_start(head().keys, head().id, queue_, kind_, priority_)) return true;
  return false;
}

namespace {

// Goes from lane to lane, one to three seeks each. Not one comparison of rows of values: SQLite begins that at the row itself and would
// walk through the whole lane.
class LaneWalk {
 public:
  explicit LaneWalk(Connection& db) : db_(db) {}
  [[nodiscard]] const std::string& queue() const { return queue_; }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] int priority() const { return priority_; }
  void skip_kind() { kind_done_ = true; }
  void skip_queue() { queue_done_ = true; }

  bool next() {
    if (!queue_done_ && !kind_done_ && same_kind()) return true;
    if (!queue_done_ && next_kind()) return true;
    return next_queue();
  }

 private:
  bool same_kind() {
    Query lower = db_.query(
        "SELECT priority FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue = ? AND kind = ? AND priority < ? "
        "ORDER BY priority DESC LIMIT 1");
    lower.bind(queue_, kind_, priority_);
    if (!lower.step()) return false;
    priority_ = lower.row().small();
    return true;
  }

  bool next_kind() {
    Query later = db_.query(
        "SELECT kind, priority FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue = ? AND kind > ? "
        "ORDER BY kind, priority DESC LIMIT 1");
    later.bind(queue_, kind_);
    if (!later.step()) return false;
    Row row = later.row();
    std::string kind = row.text();
    return arrive(std::move(kind), row.small());
  }

  bool next_queue() {
    Query later = db_.query(
        "SELECT queue, kind, priority FROM reeve_task INDEXED BY reeve_task_ready WHERE hold = 0 AND block = 0 AND queue > ? "
        "ORDER BY queue, kind, priority DESC LIMIT 1");
    later.bind(queue_);
    if (!later.step()) return false;
    Row row = later.row();
    std::string queue = row.text();
    std::string kind = row.text();
    queue_ = std::move(queue);
    queue_done_ = false;
    return arrive(std::move(kind), row.small());
  }

  bool arrive(std::string kind, int priority) {
    kind_ = std::move(kind);
    priority_ = priority;
    kind_done_ = false;
    return true;
  }

  Connection& db_;
  std::string queue_{};
  std::string kind_{};
  int priority_ = 0;
  bool kind_done_ = true;
  bool queue_done_ = true;
};

using Lanes = std::vector<Lane>::iterator;

// The best of the lanes of one queue and priority; `end` when none may be taken from.
Lanes best_of_line(Lanes from, Lanes end, Connection& db, KeyJudge& judge, Timestamp now) {
  Lanes best = end;
  for (Lanes lane = from; lane != end; ++lane) {
    if (lane->draw.gate() != Draw::Gate::open || !lane->find_startable(db, judge, now)) continue;
    if (best == end || place_in_line(lane->head()) < place_in_line(best->head())) best = lane;
  }
  return best;
}

auto place_of(const Lane& lane, Timestamp now) {
  return place_by_priority(ripe_priority(lane.priority(), lane.head().run_at, lane.draw.ageing, now), lane.head());
}

// The best of the lanes of one queue.
Lanes best_of_queue(Lanes from, Lanes end, Connection& db, KeyJudge& judge, Timestamp now) {
  Lanes best = end;
  while (from != end) {
    const Lanes next = std::find_if(from, end, [&](const Lane& lane) { return lane.priority() != from->priority(); });
    const Lanes lane = best_of_line(from, next, db, judge, now);
    if (lane != next && (best == end || place_of(*lane, now) < place_of(*best, now))) best = lane;
    from = next;
  }
  return best;
}

}  // namespace

std::vector<Lane> open_lanes(Session& session, Budget& budget, int limit) {
  std::vector<Lane> lanes;
  LaneWalk walk(session.db);
  std::string of_queue;
  std::string of_kind;
  std::optional<Draw> draw;
  while (walk.next()) {
    if (session.is_paused(walk.queue())) {
      walk.skip_queue();
      continue;
    }
    if (session.is_kind_paused(walk.kind())) {
      walk.skip_kind();
      continue;
    }
    if (of_queue != walk.queue() || of_kind != walk.kind()) draw = budget.draw(walk.queue(), walk.kind());
    of_queue = walk.queue();
    of_kind = walk.kind();
    if (draw && draw->gate() != Draw::Gate::full) lanes.emplace_back(walk.queue(), walk.kind(), walk.priority(), *draw);
    else walk.skip_kind();
  }
  std::stable_sort(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) {
    return std::make_tuple(std::string_view(a.queue()), -a.priority()) < std::make_tuple(std::string_view(b.queue()), -b.priority());
  });
  const auto count = static_cast<int>(lanes.size());
  for (Lane& lane : lanes) lane.read_at_once(count == 1 ? limit : limit / count + 1);
  return lanes;
}

Lane* next_turn(std::vector<Lane>& lanes, Session& session, KeyJudge& judge, bool by_weight, Timestamp now) {
  Lanes best = lanes.end();
  const auto before = [&](const Lane& lane, const Lane& other) {
    const std::int64_t place = by_weight ? session.shares.place(lane.queue()) : 0;
    const std::int64_t other_place = by_weight ? session.shares.place(other.queue()) : 0;
    return place != other_place ? place < other_place : place_of(lane, now) < place_of(other, now);
  };
  for (Lanes from = lanes.begin(); from != lanes.end();) {
    const Lanes next = std::find_if(from, lanes.end(), [&](const Lane& lane) { return lane.queue() != from->queue(); });
    const Lanes lane = best_of_queue(from, next, session.db, judge, now);
    if (lane != next && (best == lanes.end() || before(*lane, *best))) best = lane;
    from = next;
  }
  return best == lanes.end() ? nullptr : &*best;
}

std::optional<Timestamp> next_token(std::vector<Lane>& lanes, Connection& db, Timestamp now) {
  std::optional<Timestamp> next;
  for (Lane& lane : lanes) {
    if (lane.draw.gate() != Draw::Gate::no_token) continue;
    const Timestamp at = lane.draw.next_token();
    if (next && *next <= at) continue;
    if (lane.fill(db, now)) next = at;
  }
  return next;
}

}  // namespace reeve::store::sqlite
