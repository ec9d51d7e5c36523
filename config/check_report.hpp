// What `reeve check` tells about a configuration, as values and as text.
#pragma once

#include <string>
#include <vector>

#include "config/configuration.hpp"

namespace reeve::config {

struct HandlerLine {
  std::string kind{};
  std::string executor{};
  std::string stops{};                      // "kill", or "cooperative" when its bodies can only be asked to end
  std::string asked_only{};                 // which of its times are only asked for: "timeout of 5m and stop_grace of 30s"; empty: none
  std::string runs{};                       // the command or the built-in, without payload or environment
  std::string queue{};
  std::optional<int> concurrency{};
  std::optional<store::Millis> timeout{};
  int attempts = 0;
  std::optional<std::int64_t> memory_bytes{};
  std::vector<std::string> typed{};         // what has a schema: payload, result, labels
  std::string declared_at{};
};

struct QueueLine {
  std::string name{};
  std::optional<int> concurrency{};
  std::vector<std::string> kinds{};         // that wait there by default
};

struct ScheduleLine {
  std::string name{};
  std::string kind{};
  std::string cron{};
  std::string zone{};
  std::vector<store::Timestamp> next{};     // its first ticks, at most three
  std::string declared_at{};
};

struct Report {
  bool ok = false;                          // no errors
  std::vector<std::string> files{};
  std::vector<HandlerLine> handlers{};      // by kind; empty when there are errors
  std::vector<QueueLine> queues{};          // declared or used, by name
  std::vector<ScheduleLine> schedules{};    // in the order of their declaration
  int concurrency = 0;                      // bodies at once
  std::optional<std::int64_t> memory_bytes{};  // the most that running bodies may take; absent when some are not limited
  std::vector<Finding> errors{};
  std::vector<Finding> warnings{};
};

// `now`: from when on the ticks of schedules are told.
[[nodiscard]] Report make_report(const Loaded& loaded, store::Timestamp now);

// Errors and warnings first, as file:line:column lines, then tables of handlers, queues and schedules, and a last line that says whether all is well.
[[nodiscard]] std::string to_text(const Report& report);

// {"ok":true,"files":[...],"handlers":[...],"queues":[...],"schedules":[...],"errors":[...],"warnings":[...]}
[[nodiscard]] std::string to_json(const Report& report);

}  // namespace reeve::config
