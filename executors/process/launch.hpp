// How the kernel is asked for a child: sharing our memory until it executes (no page tables are copied, so the size of the daemon costs
// nothing), with a pidfd from birth, and born inside its cgroup where the kernel can do that.
#pragma once

namespace reeve::executors::process {

// Runs in the child on a stack of its own, in our memory, while the calling thread stands still. It must end in exec or leave, make only
// async-signal-safe calls, and not return. `join` is a cgroup folder that it has to enter by itself, or -1.
using ChildMain = void (*)(void* argument, int join);

struct Launched {
  int pid = -1;
  int pidfd = -1;
  int error = 0;   // errno when there is no child
};

// Ends the child. _exit would say that it never returns; AddressSanitizer would then tidy the stack that it thinks the thread is on, see
// another one, and complain into the child's output.
void leave(int status);

// All signals are blocked in the child when it begins. Returns when the child has executed its program or exited.
[[nodiscard]] Launched launch(ChildMain child, void* argument, int cgroup);

// Whether children are born inside their cgroup; otherwise they enter it by themselves.
[[nodiscard]] bool launches_into_cgroups();

}  // namespace reeve::executors::process
