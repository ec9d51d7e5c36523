// Landlock: the kernel's fence around files. What it can fence off grew with its versions; each is used as far as it goes. Raw system calls:
// restrict_self() and allow() are also for the child before its program.
#pragma once

#include <cstdint>

#include "executors/process/descriptor.hpp"

namespace reeve::executors::process::landlock {

[[nodiscard]] int version();                               // 0: not in this kernel, or not switched on
[[nodiscard]] std::uint64_t reading();                     // to look and to execute
[[nodiscard]] std::uint64_t everything(int version);       // what a fence of this version decides

[[nodiscard]] Descriptor make_fence(int version);          // that lets nothing through; false with errno
// What lies below `folder`, or the file; an O_PATH descriptor is enough. False with errno.
[[nodiscard]] bool allow(int fence, int folder, std::uint64_t rights);
[[nodiscard]] bool restrict_self(int fence);               // for ever, and for all descendants; needs no_new_privs

}  // namespace reeve::executors::process::landlock
