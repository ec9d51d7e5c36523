// The argv of a body: the handler's command with "{payload.field}" filled in. Each argument stays one argument; no shell ever sees it.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "executors/outcome.hpp"

namespace reeve::executors::process {

// A field is a dotted path into the payload: {payload.user.id}. Strings, numbers and booleans are filled in; anything else, a missing
// field, a NUL byte, or a placeholder in the program itself is a Rejected that names it.
[[nodiscard]] std::variant<std::vector<std::string>, Rejected> arguments_of(const std::vector<std::string>& command,
                                                                            std::string_view payload);

}  // namespace reeve::executors::process
