// Whether the keys of a task that is first in its lane have room, and none of its labels is paused. If not, it is held back from now on, or
// passed over this once.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "store/sqlite/key_rates.hpp"
#include "store/sqlite/keys.hpp"
#include "store/sqlite/label_pauses.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {

// The keys of a task that could start.
struct HeadKeys {
  std::string token{};   // of its concurrency key; empty: none
  int limit = 0;
  std::string line{};    // its order key
};

// What its labels hold it back by; looked up once.
struct HeadLabels {
  bool looked_up = false;
  bool paused = false;
};

// For one claim. Counts what is taken; what it blocks is written by write_blocks(), when the claim reads no lane any more.
class KeyJudge {
 public:
  // `so_far`: how many tasks the same claim has held back before.
  KeyJudge(Session& session, Keys& keys, LabelPauses& pauses, const ClaimRequest& request, Timestamp now, int so_far);

  // True: go on to the next of its lane; that it is to be held back is noted.
  [[nodiscard]] bool is_paused(HeadLabels& labels, TaskId id);

  // Asked again until it is taken, as others may take the room. False: go on to the next of its lane; whether it is to be blocked is noted. It is
  // only passed over while a body lives that has lost its claim: nothing in the store would tell when that is gone.
  [[nodiscard]] bool may_start(const HeadKeys& head, TaskId id, const std::string& queue, const std::string& kind, int priority);
  void take(const HeadKeys& head, const std::string& kind);
  // So many were blocked that the claim should be asked again.
  [[nodiscard]] bool is_tired() const;
  [[nodiscard]] int held_back() const;
  // Holds back what is paused. True: that let others go, so that what was chosen may not be right any more.
  bool write_pauses();
  void write_blocks();

 private:
  using Place = std::tuple<std::string, int, std::string, std::string, int>;  // token, limit, queue, kind, priority
  int& active_with(const std::string& token);
  Keys& keys_;
  KeyTokens tokens_;
  LabelPauses& pauses_;
  int so_far_;
  std::map<std::string, int> held_{};
  std::vector<std::string> held_lines_{};
  std::map<std::string, int> active_{};
  std::map<Place, int> passed_{};
  std::vector<TaskId> blocked_{};
  std::vector<std::pair<TaskId, Label>> paused_{};
};

}  // namespace reeve::store::sqlite
