// What a child does between its birth and its program, as a plan made by the parent. Everything that allocates or looks something up has
// happened before; the child only makes system calls, checks each one, and never runs a program half set up.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "executors/process/sandbox.hpp"

namespace reeve::executors::process {

// In the order of work.
enum class Step {
  none, cgroup, session, signals, descriptors, limits, nice, user_namespace, private_tmp, network, bounding, groups, gid, uid, identity,
  capabilities, umask, cwd, no_new_privs, fence, parent_death, exec
};
[[nodiscard]] std::string_view name(Step step);

struct Credentials {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups{};
};

struct ChildPlan {
  const char* path = nullptr;
  int program = -1;                                      // what was found at the path, to be executed itself; -1: by its path
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  const char* cwd = "/";
  std::array<int, 4> descriptors{-1, -1, -1, -1};        // become 0, 1, 2, 3; each must be above 3
  std::vector<int> entrances{};                          // "cgroup.procs" of groups to enter before anything else
  std::vector<std::pair<int, rlimit>> limits{};          // RLIMIT_* and its value
  std::string_view oom_score{};                          // for oom_score_adj; empty: stays the daemon's
  std::optional<int> nice{};
  std::optional<mode_t> umask{};
  std::optional<Credentials> credentials{};              // absent: stays who the daemon is
  std::optional<SandboxPlan> sandbox{};
  pid_t parent = 0;

  // What the child reports when it could not run its program.
  Step failed = Step::none;
  int error = 0;
};

// The child's whole life before its program; a ChildMain for launch() whose argument is a ChildPlan. `join`: see ChildMain.
void set_up(void* plan, int join);

}  // namespace reeve::executors::process
