// When a task that waits will probably start, from numbers that are there. Pure.
//
// What runs and what goes before is played forward: every body is taken to run as long as half of the newest attempts of its kind did, under
// the limits of the runner, the queue and the kinds. Rates, keys, lines and its own time are reckoned apart; the latest decides.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "handlers/handler.hpp"
#include "store/reader.hpp"
#include "store/task.hpp"
#include "supervisor/overview.hpp"

namespace reeve::api {

// All that is looked at. Points to what the caller keeps.
struct EstimateInput {
  const store::Task& task;
  const store::Paused& paused;
  const supervisor::Overview& overview;
  const handlers::Handlers& handlers;
  const std::optional<store::Position>& position;   // of a queued task
  const store::KeyHolds& keys;
  const std::vector<store::Step>& steps;            // of a suspended task
  const std::vector<store::RateRow>& rates;
  const std::map<std::string, store::KindTimings>& timings;   // by kind: of the task's own, of what runs and of what goes before
  store::Timestamp now{};
};

struct Estimate {
  std::optional<store::Timestamp> start{};          // absent: it cannot be known
  std::string how{};                                // how it was reckoned, or why it cannot be known
};

// Of a queued or waiting task; nullopt for any other.
[[nodiscard]] std::optional<Estimate> estimate_start(const EstimateInput& input);

}  // namespace reeve::api
