// What a task comes after: rows of reeve_dependency.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "store/life.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/keys.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {

class After {
 public:
  explicit After(Connection& db) : db_(db) {}

  // Their numbers, ascending, each once; or what is wrong with one of them.
  [[nodiscard]] std::variant<std::vector<TaskId>, std::string> find(const NewTask& wanted, std::span<const Enqueued> before);
  // How they stand now.
  [[nodiscard]] std::vector<Dependency> look_at(const std::vector<TaskId>& tasks);
  // Writes the rows of a task that was just stored, and tells those that are open that it comes after them.
  void keep(TaskId task, const std::vector<Dependency>& on);
  // The task was retried: what has ended counts as satisfied, what is open is waited for. True: something is.
  [[nodiscard]] bool look_again(TaskId task);

 private:
  [[nodiscard]] std::optional<TaskId> find_one(const AfterTask& after, std::span<const Enqueued> before);
  Connection& db_;
};

// Of a task that waits for others: its line, but not its key, for which it does not stand yet.
[[nodiscard]] inline int block_of_held(Keys& keys, const Task& task) {
  return keys.block_of(task, Hold::time, 0) | static_cast<int>(Block::dependency);
}

}  // namespace reeve::store::sqlite
