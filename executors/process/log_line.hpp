// One line of stdout or stderr as an entry of the task log.
#pragma once

#include <string>

#include "executors/executor.hpp"

namespace reeve::executors::process {

// stdout is info, stderr is warn. A line that is a JSON object with "level" and "msg" (or "message") says both itself; the whole object is
// kept as meta. Levels by name (trace to fatal, any case) or by the numbers that loggers use (10 to 60).
[[nodiscard]] OutputLine log_line(Stream stream, std::string bytes);

}  // namespace reeve::executors::process
