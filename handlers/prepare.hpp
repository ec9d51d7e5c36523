// From a claimed task and its handler to what an executor runs.
#pragma once

#include "executors/execution.hpp"
#include "handlers/handler.hpp"
#include "store/task.hpp"

namespace reeve::handlers {

// `handler` already has the task's overrides (overrides.hpp). Moves the payload: the task's is empty afterwards.
[[nodiscard]] executors::Execution prepare(const Handler& handler, store::Task& task);

}  // namespace reeve::handlers
