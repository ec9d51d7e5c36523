// What the end of a command task means for the exit code of `reeve run`.
#pragma once

#include "cli/fields.hpp"

namespace reeve::cli {

// The command's own exit code; 128 + n when signal n killed it; 124 after its timeout; 127 when it could not be started; 130 when it was
// cancelled; 1 when it failed otherwise.
[[nodiscard]] int exit_code_of_command(const Object& task);

}  // namespace reeve::cli
