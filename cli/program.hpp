// From argv to an exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/session.hpp"

namespace reeve::cli {

// `arguments` without the program's name. Never throws; what goes wrong is one sentence on streams.err and an exit code.
[[nodiscard]] int run_program(std::vector<std::string> arguments, Session::Streams streams, const Environment& environment);

}  // namespace reeve::cli
