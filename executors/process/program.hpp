// Which file a command means, and what is wrong with it when the kernel does not execute it.
#pragma once

#include <string>
#include <string_view>

#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

// A command with a slash is a path as it stands; any other is looked up in `path` (PATH of the handler's environment). When nothing there
// can be executed it is the best candidate, or the bare name, so that the failure names it.
[[nodiscard]] std::string find_program(const std::string& command, std::string_view path);

// The program itself, found at the path, so that what was looked at is what is executed: an ELF binary whose kernel shows it by its own name
// then. Holds nothing when it has to be executed by its path: a script, or whatever fails with a better word when it is tried.
struct Program {
  Descriptor file{};
  std::string unsafe{};   // why it may not be run at all
};
// A relative path begins at `cwd`.
[[nodiscard]] Program open_program(const std::string& path, const std::string& cwd);

// A sentence for the operator: the path, what is wrong, what to do.
[[nodiscard]] std::string explain_exec(const std::string& path, int error);

}  // namespace reeve::executors::process
