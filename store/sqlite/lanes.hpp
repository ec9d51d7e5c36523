// The ready tasks of one queue, kind and priority, in the order of the ready index.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite/budget.hpp"
#include "store/sqlite/key_judge.hpp"
#include "store/sqlite/session.hpp"
#include "store/turn.hpp"

namespace reeve::store::sqlite {

// The first ready task of a lane, and the keys that may yet hold it back.
struct LaneHead : Head {
  HeadKeys keys{};
  HeadLabels labels{};
};

// Read in growing pieces as they are taken.
class Lane {
 public:
  Lane(std::string queue, std::string kind, int priority, Draw draw)
      : draw(std::move(draw)), queue_(std::move(queue)), kind_(std::move(kind)), priority_(priority) {}
  [[nodiscard]] const std::string& queue() const { return queue_; }
  [[nodiscard]] const std::string& kind() const { return kind_; }
  [[nodiscard]] int priority() const { return priority_; }
  [[nodiscard]] const LaneHead& head() const { return heads_[next_]; }
  void advance() { ++next_; }
  void read_at_once(int pieces) { piece_ = pieces; }
  // False: the lane is empty.
  bool fill(Connection& db, Timestamp now);
  // Passes by those whose keys have no room. False: nobody is left.
  bool find_startable(Connection& db, KeyJudge& judge, Timestamp now);

  Draw draw;

 private:
  std::string queue_;
  std::string kind_;
  int priority_;
  std::vector<LaneHead> heads_{};
  std::size_t next_ = 0;
  int piece_ = 1;
  int offset_ = 0;
  bool ended_ = false;
};

// Every lane that has ready tasks and could be taken from, or could be but for a token; by queue, then priority. `limit`: of the claim.
[[nodiscard]] std::vector<Lane> open_lanes(Session& session, Budget& budget, int limit);

// The lane whose turn it is, its head read; nullptr: nothing may be taken.
[[nodiscard]] Lane* next_turn(std::vector<Lane>& lanes, Session& session, KeyJudge& judge, bool by_weight, Timestamp now);

// When the first of them gets a token that has nothing else in its way. Nullopt: none waits for one.
[[nodiscard]] std::optional<Timestamp> next_token(std::vector<Lane>& lanes, Connection& db, Timestamp now);

}  // namespace reeve::store::sqlite
