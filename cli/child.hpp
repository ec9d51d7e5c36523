// A command that is run to its end with its stdout kept; stdin and stderr are ours.
#pragma once

#include <string>
#include <vector>

namespace reeve::cli {

struct ChildEnd {
  int exit_code = 0;        // as a shell says it: 128 + n when signal n killed it, 127 when it could not be started
  std::string output{};     // what it wrote to stdout
  std::string fault{};      // empty, or why it could not be started
};

// command[0] is a path, or a name looked up in PATH. Throws std::system_error when there are no descriptors left.
[[nodiscard]] ChildEnd run_child(const std::vector<std::string>& command);

}  // namespace reeve::cli
