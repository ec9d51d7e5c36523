#include "store/pauses.hpp"

#include <algorithm>

namespace reeve::store {

bool has_label(const Task& task, std::string_view key, std::string_view value) {
  return std::any_of(task.labels.begin(), task.labels.end(), [&](const auto& label) { return label.first == key && label.second == value; });
}

bool Paused::holds(const Task& task) const {
  return std::any_of(queues.begin(), queues.end(), [&](const QueuePause& pause) { return pause.queue == task.queue; }) ||
         std::any_of(kinds.begin(), kinds.end(), [&](const KindPause& pause) { return pause.kind == task.kind; }) ||
         std::any_of(labels.begin(), labels.end(), [&](const LabelPause& pause) { return has_label(task, pause.key, pause.value); });
}

}  // namespace reeve::store
