#include "executors/process/launch.hpp"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

namespace reeve::executors::process {
namespace {

constexpr std::size_t stack_bytes = 64 << 10;
constexpr std::uint64_t shared_memory = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;

// One stack a thread: the caller stands still while the child uses it. A child never returns from its frames, so what AddressSanitizer
// marked in them would be taken for an overflow by the next child.
char* child_stack() {
  thread_local const std::unique_ptr<char[]> stack(new char[stack_bytes]);
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(stack.get(), stack_bytes);
#endif
  return stack.get();
}

struct Call {
  ChildMain main;
  void* argument;
  int join;
};

int enter(void* pointer) {
  const auto* call = static_cast<Call*>(pointer);
  call->main(call->argument, call->join);
  leave(127);
  return 127;
}

#ifdef __x86_64__
// glibc has no wrapper for clone3. The child wakes up on its new stack with our registers and calls enter(call).
long clone3_and_enter(clone_args* arguments, Call* call) {
  long result = SYS_clone3;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %[call], %%rdi\n\t"
      "call *%[enter]\n\t"
      "ud2\n"
      "1:"
      : "+a"(result)
      : "D"(arguments), "S"(sizeof *arguments), [call] "r"(call), [enter] "r"(&enter)
      : "rcx", "r11", "memory", "cc");
  return result;
}

Launched with_clone3(Call& call, int cgroup) {
  Launched launched;
  clone_args arguments{};
  arguments.flags = shared_memory | CLONE_CLEAR_SIGHAND | (cgroup < 0 ? 0 : CLONE_INTO_CGROUP);
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&launched.pidfd);
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<std::uintptr_t>(child_stack());
  arguments.stack_size = stack_bytes;
  arguments.cgroup = cgroup < 0 ? 0 : static_cast<std::uint64_t>(cgroup);
  const long result = clone3_and_enter(&arguments, &call);
  if (result < 0) launched.error = static_cast<int>(-result);
  else launched.pid = static_cast<int>(result);
  return launched;
}
#else
Launched with_clone3(Call&, int) { return {.error = ENOSYS}; }
#endif

Launched with_clone(Call& call) {
  Launched launched;
  launched.pid = ::clone(&enter, child_stack() + stack_bytes, static_cast<int>(shared_memory) | SIGCHLD, &call, &launched.pidfd);
  if (launched.pid < 0) launched.error = errno;
  return launched;
}

}  // namespace

bool launches_into_cgroups() { return ::syscall(SYS_clone3, nullptr, 0) < 0 && errno != ENOSYS; }

void leave(int status) { ::syscall(SYS_exit_group, status); }

Launched launch(ChildMain child, void* argument, int cgroup) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Call call{child, argument, -1};
  Launched launched = with_clone3(call, cgroup);
  if (launched.error == ENOSYS) {   // another machine, or a container that hides the call
    call.join = cgroup;
    launched = with_clone(call);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return launched;
}

}  // namespace reeve::executors::process
