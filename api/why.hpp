// Why a task is where it is, and what would change that. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/known.hpp"
#include "store/task.hpp"

namespace reeve::api {

struct Why {
  std::string code{};        // finished running stale cancelling waiting sleeping awaits_signal awaits_tasks scheduled retrying unknown_kind
                             // queue_paused kind_paused label_paused draining starting stopping no_worker pool_degraded
                             // trouble dependency queue_full kind_full runner_full queue_rate kind_rate key_rate resources key_full order in_line due
  std::string message{};     // a sentence with the numbers
  std::string fix{};         // what to do about it; empty when there is nothing to do
};

// The reasons in the order in which they must be dealt with; never empty.
[[nodiscard]] std::vector<Why> why(const Known& known, store::State state);

}  // namespace reeve::api
