// What an operator has stopped for a time: queues, kinds, and every task with a label. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/task.hpp"

namespace reeve::store {

struct QueuePause {
  std::string queue{};
  std::string reason{};
  std::string actor{};
  Timestamp since{};
};

struct KindPause {
  std::string kind{};
  std::string reason{};
  std::string actor{};
  Timestamp since{};
};

// Of every task that has the label, whatever its kind and queue.
struct LabelPause {
  std::string key{};
  std::string value{};
  std::string reason{};
  std::string actor{};
  Timestamp since{};
};

// All that is paused, by name.
struct Paused {
  std::vector<QueuePause> queues{};
  std::vector<KindPause> kinds{};
  std::vector<LabelPause> labels{};
  [[nodiscard]] bool empty() const { return queues.empty() && kinds.empty() && labels.empty(); }
  // One of them holds the task back, once its time has come.
  [[nodiscard]] bool holds(const Task& task) const;
};

[[nodiscard]] bool has_label(const Task& task, std::string_view key, std::string_view value);

}  // namespace reeve::store
