// What a claim does with a task that is first in its lane: its keys have room, or it is held back from now on, or passed over this once.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "store/sqlite/keys.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {

enum class Verdict { admit, block, pass };

// The keys of a task that could start.
struct HeadKeys {
  std::string token{};   // of its concurrency key; empty: none
  int limit = 0;
  std::string line{};    // its order key
};

// For one claim. Counts what it admits; what it blocks is written by write_blocks(), when the claim reads no lane any more.
class KeyJudge {
 public:
  KeyJudge(Keys& keys, const ClaimRequest& request);

  // `block` is noted. A task is passed over while a body lives that has lost its claim: nothing in the store would tell when it is gone.
  [[nodiscard]] Verdict look_at(const HeadKeys& head, TaskId id, const std::string& queue, const std::string& kind);
  // So many were blocked that the claim should be asked again.
  [[nodiscard]] bool is_tired() const;
  void write_blocks();

 private:
  using Place = std::tuple<std::string, int, std::string, std::string>;  // token, limit, queue, kind
  int& active_with(const std::string& token);
  Keys& keys_;
  std::map<std::string, int> held_{};
  std::vector<std::string> held_lines_{};
  std::map<std::string, int> active_{};
  std::map<Place, int> passed_{};
  std::vector<TaskId> blocked_{};
};

}  // namespace reeve::store::sqlite
