// What the kernel lets a process do that others may not. Raw system calls: also for the child before its program.
#pragma once

#include <cstdint>

namespace reeve::executors::process {

[[nodiscard]] bool has_capability(int number);             // CAP_*, effective in the calling thread
[[nodiscard]] bool drop_capabilities();                    // permitted, effective, inheritable and ambient, and keeping them over a change of ids
[[nodiscard]] bool clear_ambient_capabilities();
// No program may get any back. One who may not change the bounding set keeps it: without new privileges nothing comes of it.
[[nodiscard]] bool empty_bounding_set();

}  // namespace reeve::executors::process
