// What an enqueuer may set for one task in place of its handler's declaration: kept with the task as a JSON object, read again at claim.
//
//   {"command": ["cmd", "arg"], "cwd": "/dir", "env": {"A": "b"},          only for the kind reeve.command
//    "timeout_ms": 60000, "stop_grace_ms": 5000, "watchdog_ms": 30000,
//    "retry": {"backoff": "fixed", "base_ms": 1000, "max_ms": 60000, "factor": 2, "jitter": "none", "retry_on": [], "reject_on": []}}
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "handlers/handler.hpp"

namespace reeve::handlers {

// A sentence when `json` is not a legal overrides object for `kind`; empty when it is.
[[nodiscard]] std::string fault_in_overrides(std::string_view json, std::string_view kind);

// The handler as this one task sees it. `json` empty: the handler itself. Unknown or illegal members are ignored: they were refused at the
// door, and a newer program may have stored more.
[[nodiscard]] Handler with_overrides(const Handler& handler, std::string_view json);

}  // namespace reeve::handlers
