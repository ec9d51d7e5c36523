// Tasks that come after others, and batches, looked up in everything that is there. See store/sqlite/ends.hpp for what is done when.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "store/life.hpp"
#include "store/memory/state.hpp"

namespace reeve::store::memory {

class MemoryTasks;

// It comes after a task of whose end it was not told.
[[nodiscard]] bool waits_for_others(const State& state, TaskId id);
// The numbers of what a new task comes after, ascending, each once; or what is wrong with one of them.
[[nodiscard]] std::variant<std::vector<TaskId>, std::string> find_after(const State& state, const NewTask& wanted, std::span<const Enqueued> before);
std::vector<Dependency> keep_after(State& state, TaskId task, AfterPolicy policy, const std::vector<TaskId>& after);
// The task was retried: what has ended counts as satisfied, what is open is waited for.
void look_again(State& state, TaskId task);

[[nodiscard]] BatchId make_batch(State& state, const NewBatch& fresh, Timestamp now);   // and its event
[[nodiscard]] Batch count_batch(const State& state, const BatchRow& row);

class Ends {
 public:
  Ends(State& state, MemoryTasks& tasks) : state_(state), tasks_(tasks) {}
  void ended(const Task& task);
  void reopened(TaskId task);
  Settled settle(Timestamp now);
  Settled go_on(Timestamp now);

 private:
  void tell_some(int& budget, bool& let_go, Timestamp now);
  bool tell(TaskId who, const Release& ended, Timestamp now);
  bool end_batch(BatchId id, Timestamp now);
  State& state_;
  MemoryTasks& tasks_;
};

}  // namespace reeve::store::memory
