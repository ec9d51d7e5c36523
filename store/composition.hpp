// The rules of tasks that come after others and of batches, which every store applies the same way. Pure.
#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace reeve::store {

// Why a dependency cannot be waited for: it is not there. One sentence that names it.
[[nodiscard]] std::string unknown_dependency(const AfterTask& after);
[[nodiscard]] std::invalid_argument too_many_dependencies(std::size_t count);
[[nodiscard]] EnqueueRefused dependency_refused(std::string message);
// The answer to a task that is to be added to a batch where nothing can be added; `state` nullopt: there is none.
[[nodiscard]] EnqueueRefused batch_refused(BatchId batch, std::optional<BatchState> state);

// Under the policy, this end of what it comes after cancels a task.
[[nodiscard]] constexpr bool dooms(AfterPolicy policy, Status ended) { return policy == AfterPolicy::success && ended != Status::succeeded; }
[[nodiscard]] std::string doomed_reason(TaskId after, Status ended);
[[nodiscard]] std::string dependency_actor(TaskId after);
// The first that dooms a task.
[[nodiscard]] std::optional<Dependency> doomed_by(AfterPolicy policy, std::span<const Dependency> on);
[[nodiscard]] bool waits_for(std::span<const Dependency> on);

// The same task for a request of its own: places in the request are told by number. Places that are not there stay, and will be refused.
[[nodiscard]] NewTask alone(NewTask task, std::span<const Enqueued> before);

// What a batch enqueues when it has ended, as it is kept until then; and what becomes of it.
struct Callbacks {
  std::optional<std::string> on_success{};
  std::optional<std::string> on_failure{};
  std::optional<std::string> on_finish{};
};
[[nodiscard]] Callbacks callbacks_of(const NewBatch& batch);
struct Callback {
  std::string_view name{};
  NewTask task{};
};
[[nodiscard]] std::vector<Callback> due_callbacks(const Callbacks& kept, BatchId batch, BatchState outcome);
[[nodiscard]] std::string_view name(EnqueueRefused::Reason reason);

void add(BatchCounts& counts, Status status, std::int64_t tasks);
[[nodiscard]] BatchState outcome_of(const BatchCounts& counts);
// `running`: how far those are that run, 0..100 each.
[[nodiscard]] double percent_of(const BatchCounts& counts, std::span<const double> running);

[[nodiscard]] Event batch_event(std::string_view type, std::string_view actor, std::string data, Timestamp now);

inline constexpr int dependents_shown = 100;

// What the end of a verb has done for others.
struct Settled {
  bool let_go = false;         // tasks may start now that could not before
  bool more = false;           // there are tasks that still have to be told; the next claim goes on
};

}  // namespace reeve::store
