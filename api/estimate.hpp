// When a task that waits will probably start, from numbers that are there. Pure.
//
// What runs and what goes before is played forward: every body is taken to run as long as half of the newest attempts of its kind did, under
// the limits of the runner, the queue and the kinds. Rates, keys, lines and its own time are reckoned apart; the latest decides.
#pragma once

#include <optional>
#include <string>

#include "api/known.hpp"
#include "store/task.hpp"

namespace reeve::api {

struct Estimate {
  std::optional<store::Timestamp> start{};          // absent: it cannot be known
  std::string how{};                                // how it was reckoned, or why it cannot be known
};

// Of a queued or waiting task; nullopt for any other.
[[nodiscard]] std::optional<Estimate> estimate_start(const Known& known);

}  // namespace reeve::api
