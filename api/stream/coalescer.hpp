// Thins out progress: at most ten a second of each task, the latest wins, nothing is held back past any other event of its task.
//
// All other events pass at once and in order. A progress event that was held may come after events of other tasks with a higher seq; then it
// is `late` and must not move the reader's cursor back.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "store/task.hpp"
#include "supervisor/clock.hpp"

namespace reeve::api {

class Coalescer {
 public:
  struct Passed {
    store::Event event{};
    bool late = false;
  };
  using Out = std::vector<Passed>;

  explicit Coalescer(std::chrono::milliseconds gap = std::chrono::milliseconds{100}) : gap_(gap) {}

  void take(store::Event event, supervisor::Moment now, Out& out);
  // Lets go what has been held for long enough.
  void release_due(supervisor::Moment now, Out& out);
  // When release_due() has something to do next.
  [[nodiscard]] std::optional<supervisor::Moment> next() const;

 private:
  struct Slot {
    supervisor::Moment free_at{};            // when the next progress may pass
    std::optional<store::Event> held{};
  };
  void pass(store::Event event, Out& out);

  std::chrono::milliseconds gap_;
  std::map<store::TaskId, Slot> slots_{};    // only tasks that reported within the gap
  store::Cursor highest_{};
};

}  // namespace reeve::api
