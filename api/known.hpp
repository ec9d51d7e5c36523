// What is known of one task and its surroundings when it is asked why it waits, and until when.
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
struct Known {
  const store::Task& task;
  const store::Paused& paused;
  const supervisor::Overview& overview;
  const handlers::Handlers& handlers;
  const std::optional<store::Position>& position;   // of a queued task
  const store::KeyHolds& keys;
  const std::vector<store::Step>& steps;            // of a suspended task
  const std::vector<store::RateRow>& rates;
  const std::map<std::string, store::KindTimings>& timings;   // by kind: of the task's own, of what runs and of what goes before
  const store::Dependencies& dependencies;          // of a queued task
  store::Timestamp now{};
};

}  // namespace reeve::api
