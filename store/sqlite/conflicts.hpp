// Which open tasks share a key with a task that is to be stored, and what its policy makes of them. Looks only.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "store/sqlite/connection.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {

class Conflicts {
 public:
  explicit Conflicts(Connection& db) : db_(db) {}

  // Policy reject, and as many are open as the limit: the oldest of them.
  [[nodiscard]] std::optional<TaskId> refuses(const NewTask& wanted);
  // Policy skip, and as many are open as the limit: the newest of them.
  [[nodiscard]] std::optional<TaskId> stands_in(const NewTask& wanted);
  // Those that end, or are asked to stop, for it; ascending.
  [[nodiscard]] std::vector<TaskId> superseded_by(const NewTask& wanted);

 private:
  [[nodiscard]] bool is_full(std::string_view token, int limit);
  enum class End { oldest, newest };
  [[nodiscard]] std::optional<TaskId> find_open(std::string_view token, End end);
  Connection& db_;
};

}  // namespace reeve::store::sqlite
