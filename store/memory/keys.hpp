// What the keys of tasks mean, looked up in everything that is there. The model of the bits that other stores keep.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/life.hpp"
#include "store/memory/state.hpp"

namespace reeve::store::memory {

class Keys {
 public:
  explicit Keys(const State& state) : state_(state) {}

  // Its concurrency key has room for one more body, and it is the oldest of its line while nothing of that line runs.
  [[nodiscard]] bool may_start(const Task& task, const ClaimRequest& request) const;
  // The bits of a queued task, as they follow from what is there.
  [[nodiscard]] int block_of(const Task& task) const;
  [[nodiscard]] KeyHolds holds(const Task& task, Timestamp now, std::int64_t limit) const;

  // The task that stands for the dedupe key, `except` one.
  [[nodiscard]] const Task* stands_for(const std::string& token, Timestamp now, TaskId except) const;
  // Policies of the concurrency key; see store/sqlite/conflicts.hpp.
  [[nodiscard]] std::optional<TaskId> refuses(const NewTask& wanted) const;
  [[nodiscard]] std::optional<TaskId> stands_in(const NewTask& wanted) const;
  [[nodiscard]] std::vector<TaskId> superseded_by(const NewTask& wanted) const;

 private:
  [[nodiscard]] std::vector<const Task*> open_with(const std::string& token) const;
  [[nodiscard]] int count_active(const std::string& token) const;
  [[nodiscard]] bool is_its_turn(const Task& task) const;
  const State& state_;
};

}  // namespace reeve::store::memory
