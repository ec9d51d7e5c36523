// Tasks, outcomes and declarations for the tests of handlers/.
#pragma once

#include <chrono>

#include "executors/outcome.hpp"
#include "handlers/handler.hpp"
#include "store/store.hpp"

namespace reeve::handlers::test {

using namespace std::chrono_literals;

inline constexpr store::Timestamp now = store::from_ms(1'700'000'000'000);

inline store::Task make_task(int attempt, int max_attempts, int crashes = 0, int max_crashes = 3) {
  store::Task task;
  task.id = store::TaskId{7};
  task.kind = "report";
  task.queue = "default";
  task.epoch = 12;
  task.attempt = attempt;
  task.max_attempts = max_attempts;
  task.crashes = crashes;
  task.max_crashes = max_crashes;
  task.run_at = now - 1h;
  return task;
}

inline executors::Outcome ended(executors::End end) {
  executors::Outcome outcome;
  outcome.end = std::move(end);
  return outcome;
}

// Every pause is exactly 10 s.
inline RetryPolicy fixed_10s() {
  RetryPolicy policy;
  policy.backoff = Backoff::fixed;
  policy.base = 10s;
  policy.jitter = Jitter::none;
  return policy;
}

inline Handler make_handler(std::string kind) {
  Handler handler;
  handler.kind = std::move(kind);
  executors::ProcessSpec process;
  process.command = {"/bin/true"};
  handler.process = std::make_shared<const executors::ProcessSpec>(std::move(process));
  return handler;
}

}  // namespace reeve::handlers::test
