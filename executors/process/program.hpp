// Which file a command means, and what is wrong with it when the kernel does not execute it.
#pragma once

#include <string>
#include <string_view>

namespace reeve::executors::process {

// A command with a slash is a path as it stands; any other is looked up in `path` (PATH of the handler's environment). When nothing there
// can be executed it is the best candidate, or the bare name, so that the failure names it.
[[nodiscard]] std::string find_program(const std::string& command, std::string_view path);

// A sentence for the operator: the path, what is wrong, what to do.
[[nodiscard]] std::string explain_exec(const std::string& path, int error);

}  // namespace reeve::executors::process
