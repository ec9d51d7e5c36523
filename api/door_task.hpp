// A row that another program wrote, as a task that may be stored.
#pragma once

#include <variant>

#include "handlers/handler.hpp"
#include "store/door.hpp"

namespace reeve::api {

// Whether rows may ask for a command of their own. Of an outbox they may not: its file may belong to another account than the daemon.
enum class RowCommands { allowed, refused };

// Judged like the body of POST /v1/tasks, as of the moment when it was written: delays and expiries count from there.
[[nodiscard]] std::variant<store::NewTask, store::DoorRefusal> admit_row(const handlers::Handlers& handlers, const store::DoorRow& row,
                                                                       RowCommands commands, store::Timestamp now);

}  // namespace reeve::api
