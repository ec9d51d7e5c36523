// Who still runs, and when the last of them will probably have ended. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/json/writer.hpp"
#include "handlers/handler.hpp"
#include "store/reader.hpp"
#include "supervisor/overview.hpp"

namespace reeve::api {

// Of one attempt.
struct RunForecast {
  store::TaskId task{};
  std::string kind{};
  std::string queue{};
  store::Timestamp since{};
  // All but 5 of 100 attempts of its kind had ended by then, or its timeout ends it. Absent: nothing of its kind ever ran, or it runs
  // longer than they did and has no timeout.
  std::optional<store::Timestamp> done_at{};
  bool by_timeout = false;              // it is its timeout that says when
  bool overdue = false;                 // it runs longer than all but 5 of 100
  bool past_drain_timeout = false;      // were the daemon told to stop now, it would probably be interrupted
};

struct DrainForecast {
  std::vector<RunForecast> attempts{};  // the longest first
  std::optional<store::Timestamp> done_at{};   // of the last one; absent when that of one of them is, or nothing runs
};

// `timings`: by kind, of all that run.
[[nodiscard]] DrainForecast forecast_drain(const supervisor::Overview& overview, const handlers::Handlers& handlers,
                                           const std::map<std::string, store::KindTimings>& timings, store::Timestamp now);

// "running":n,"attempts":[...],"done_at":...,"done_in_ms":...,"drain_timeout_ms":...
void write_forecast(JsonWriter& json, const DrainForecast& forecast, store::Millis drain_timeout, store::Timestamp now);

}  // namespace reeve::api
