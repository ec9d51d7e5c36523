// What a running handler wants enqueued, as a task that may be stored.
#pragma once

#include <string_view>
#include <variant>

#include "executors/request.hpp"
#include "handlers/handler.hpp"
#include "store/task.hpp"

namespace reeve::api {

// `json` as POST /v1/tasks takes it. Its commands are refused: a handler may run as another account than the daemon.
[[nodiscard]] std::variant<store::NewTask, executors::Answer> admit_child(const handlers::Handlers& handlers, std::string_view json, store::TaskId parent,
                                                                         store::Timestamp now);

}  // namespace reeve::api
