// The parts of a task that outlive its attempts: steps, waits, signals, timers. Plain values.
//
// A step is a named part whose output is stored once and given back to every later attempt. A wait is a step whose output comes from outside:
// time passes (sleep), a signal arrives, other tasks end. So one table holds both, and a replayed attempt meets its past by name.
//
//   step:  running ──end──► completed | failed          failed or running ──begin──► running, tried once more
//   wait:  waiting ──what it waits for comes──► completed, with what came as its output
//
// A suspended task (status `waiting`) goes back to its queue when one of its waits completes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/task.hpp"

namespace reeve::store {

enum class StepSort { step, sleep, signal, tasks, enqueue };   // enqueue: a named enqueue of the handler, its output is the answer
enum class StepStatus { running, waiting, completed, failed };
[[nodiscard]] std::string_view name(StepSort sort);
[[nodiscard]] std::string_view name(StepStatus status);
[[nodiscard]] std::optional<StepSort> parse_step_sort(std::string_view word);
[[nodiscard]] std::optional<StepStatus> parse_step_status(std::string_view word);

struct Step {
  TaskId task{};
  std::string name{};
  StepSort sort = StepSort::step;
  StepStatus status = StepStatus::running;
  std::string input{};                       // JSON bytes or empty
  std::string output{};                      // JSON bytes or empty
  std::string error_code{};                  // of the last try that failed
  std::string error_message{};
  int tries = 0;
  std::int64_t epoch = 0;                    // of the attempt that asked last
  Timestamp begun_at{};                      // of the last try; of a wait: when it was first asked for
  std::optional<Timestamp> ended_at{};
  std::optional<Timestamp> wake_at{};        // of a wait that time ends, while it waits
  std::string signal_type{};                 // of a wait for a signal; empty: any
  std::vector<TaskId> tasks{};               // of a wait for tasks: those it still waits for
  bool operator==(const Step&) const = default;
};

// One try at a step, for the record.
struct StepTry {
  std::string name{};
  std::int64_t epoch = 0;
  Timestamp begun_at{};
  std::optional<Timestamp> ended_at{};
  StepStatus status = StepStatus::running;   // running when the attempt ended before it did
  bool operator==(const StepTry&) const = default;
};

struct Signal {
  std::int64_t id = 0;                       // grows over all tasks; order of arrival
  TaskId task{};
  std::string type{};
  std::string payload{};                     // JSON bytes
  Timestamp sent_at{};
  std::string actor{};
  std::optional<Timestamp> consumed_at{};
  std::int64_t consumed_by = 0;              // epoch of the attempt; of a suspended task: of its last one
  bool operator==(const Signal&) const = default;
};

struct Timer {
  TaskId task{};
  std::string name{};
  Timestamp at{};
  std::optional<Timestamp> fired_at{};
  bool operator==(const Timer&) const = default;
};

// How long the completed tries of one step of a kind took.
struct StepTimings {
  std::string name{};
  std::int64_t samples = 0;
  double mean_ms = 0, p50_ms = 0, p95_ms = 0;
};

}  // namespace reeve::store
