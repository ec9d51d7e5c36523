// What tasks have to do with one another: a task that comes after others, and batches of tasks that end together.
//
// A task that comes after others is queued and held back (Block::dependency) until each of them has ended. A batch is a number under which tasks
// are counted; it ends, once, when nothing may be added to it any more and all its tasks have ended, and then stores the tasks that were asked
// for. See docs/decisions/021.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/task.hpp"

namespace reeve::store {

// One task may come after at most so many others.
inline constexpr std::size_t after_max = 1'000;
// What a failed dependency does to whom comes after it under AfterPolicy::success: it is cancelled with this code.
inline constexpr std::string_view dependency_failed_code = "dependency_failed";

// A batch that is made together with its first tasks. Each callback is stored as a task of its own, in the step that ends the batch.
struct NewBatch {
  std::string name{};                          // for people; need not be unique; may be empty
  std::string metadata{};                      // JSON bytes or empty
  bool open = false;                           // tasks may be added until it is closed
  std::optional<NewTask> on_success{};         // every task of it succeeded (of none: at once)
  std::optional<NewTask> on_failure{};         // one of them, or more, failed or was cancelled
  std::optional<NewTask> on_finish{};          // in any case
  std::string created_by{};
};

// open: tasks may be added. closed: no more, and some have not ended. The others: it has ended.
enum class BatchState { open, closed, succeeded, failed };
[[nodiscard]] std::string_view name(BatchState state);
[[nodiscard]] std::optional<BatchState> parse_batch_state(std::string_view word);
[[nodiscard]] constexpr bool has_ended(BatchState state) { return state == BatchState::succeeded || state == BatchState::failed; }

// How many tasks of a batch are in which status. Tasks that were deleted count as they ended.
struct BatchCounts {
  std::int64_t queued = 0, claimed = 0, running = 0, waiting = 0, succeeded = 0, failed = 0, cancelled = 0;
  [[nodiscard]] std::int64_t ended() const { return succeeded + failed + cancelled; }
  [[nodiscard]] std::int64_t total() const { return queued + claimed + running + waiting + ended(); }
  bool operator==(const BatchCounts&) const = default;
};

struct Batch {
  BatchId id{};
  std::string name{};
  std::string metadata{};
  BatchState state = BatchState::open;
  BatchCounts counts{};
  double percent = 0;                          // 100 for each task that ended, its own progress for each that runs, over all tasks; 0 of none
  std::string created_by{};
  Timestamp created_at{};
  std::optional<Timestamp> closed_at{};
  std::optional<Timestamp> finished_at{};
  std::vector<TaskId> callbacks{};             // the tasks it stored when it ended
  bool operator==(const Batch&) const = default;
};

struct BatchQuery {
  std::optional<BatchState> state{};
  std::optional<BatchId> before{};             // the last of the previous page
  int limit = 50;                              // newest first
};

struct BatchPage {
  std::vector<Batch> batches{};
  bool more = false;
};

// One task that another comes after. `ended`: how it had ended when that was seen; nullopt: not yet.
struct Dependency {
  TaskId task{};
  std::optional<Status> ended{};
  bool operator==(const Dependency&) const = default;
};

struct Dependencies {
  AfterPolicy policy = AfterPolicy::success;
  std::vector<Dependency> on{};                // by id
  std::int64_t open = 0;                       // of them not ended yet
  std::vector<TaskId> dependents{};            // open tasks that come after this one, by id, at most 100
  bool more_dependents = false;
  bool operator==(const Dependencies&) const = default;
};

enum class BatchClosed { closed, closed_already, not_found };

class Batches {
 public:
  virtual ~Batches() = default;
  // Nothing may be added from now on. One whose tasks have all ended ends now. Events batch.closed, batch.finished.
  virtual BatchClosed close(BatchId batch, std::string_view actor, Timestamp now) = 0;
};

}  // namespace reeve::store
