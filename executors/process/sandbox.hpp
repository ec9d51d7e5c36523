// What a body may not touch. Prepared by the parent; the child's part makes system calls only, each checked. Whatever was asked for and
// cannot be had fails the start: a body never runs with less of a sandbox than was declared.
//
// The layers: private temporary folders (a mount namespace), no network (a network namespace), a fence around files (Landlock). Namespaces need
// CAP_SYS_ADMIN or, for a daemon without it, a user namespace in which the body is who it was.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

struct SandboxPlan {
  bool user_namespace = false;
  std::string uid_map{};                        // of the user namespace
  std::string gid_map{};
  std::vector<const char*> temporary{};         // folders that become empty ones of its own
  bool network = true;                          // false: none but its own loopback
  Descriptor fence{};                           // Landlock
  std::uint64_t rights_in_temporary = 0;
};

struct SandboxNeeds {
  const std::string& program;                   // stays executable whatever `read` says
  const std::string& cwd;                       // a relative program lies below
  const std::string& payload_file;              // stays readable; empty: none
  bool switches_user = false;
};

[[nodiscard]] std::variant<SandboxPlan, SpawnFailed> plan_sandbox(const Sandbox& sandbox, const SandboxNeeds& needs);

// In the child; errno says why not.
[[nodiscard]] bool enter_user_namespace(const SandboxPlan& plan);
[[nodiscard]] bool hide_temporary_folders(const SandboxPlan& plan);
[[nodiscard]] bool leave_network();
[[nodiscard]] bool raise_fence(const SandboxPlan& plan);

}  // namespace reeve::executors::process
