// Why a task is where it is, and what would change that. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "handlers/handler.hpp"
#include "store/reader.hpp"
#include "store/task.hpp"
#include "supervisor/overview.hpp"

namespace reeve::api {

struct Why {
  std::string code{};        // finished running stale cancelling waiting sleeping awaits_signal awaits_tasks scheduled retrying unknown_kind
                             // queue_paused kind_paused label_paused draining starting stopping no_worker pool_degraded
                             // trouble dependency queue_full kind_full runner_full queue_rate kind_rate key_rate resources key_full order in_line due
  std::string message{};     // a sentence with the numbers
  std::string fix{};         // what to do about it; empty when there is nothing to do
};

// The reasons in the order in which they must be dealt with; never empty. `position` is there for queued tasks, `keys` too, `steps` for
// suspended ones.
[[nodiscard]] std::vector<Why> why(const store::Task& task, store::State state, const store::Paused& pauses,
                                   const supervisor::Overview& overview, const handlers::Handlers& handlers,
                                   const std::optional<store::Position>& position, const std::vector<store::Step>& steps,
                                   const store::KeyHolds& keys, store::Timestamp now, const std::vector<store::RateRow>& rates = {});

}  // namespace reeve::api
