#include "executors/process/sandbox.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "executors/process/capabilities.hpp"
#include "executors/process/landlock.hpp"

namespace reeve::executors::process {
namespace {

SpawnFailed refused(int number, std::string message) { return {"sandbox", number, "sandbox: " + std::move(message)}; }

std::string word(int number) { return std::generic_category().message(number); }

bool lies_in(const std::string& path, const std::string& folder) { return path == folder || path.starts_with(folder + "/"); }

std::optional<SpawnFailed> let_through(SandboxPlan& plan, const std::string& path, int base, std::uint64_t rights, const char* key) {
  const Descriptor opened(::openat(base, path.c_str(), O_PATH | O_CLOEXEC));
  if (opened && landlock::allow(plan.fence.get(), opened.get(), rights)) return std::nullopt;
  const int number = errno;
  return refused(number, std::string(key) + ": " + path + ": " + word(number) + "; name folders and files that exist");
}

std::optional<SpawnFailed> plan_fence(SandboxPlan& plan, const Sandbox& sandbox, const SandboxNeeds& needs) {
  const int version = landlock::version();
  if (version == 0)
    return refused(ENOSYS, "read and write need Landlock, which is not to be had here (Linux 5.13 with landlock in its lsm= list, not forbidden by the service's SystemCallFilter=); drop them or use another kernel");
  plan.fence = landlock::make_fence(version);
  if (!plan.fence) return refused(errno, "no Landlock fence could be made: " + word(errno));
  for (const auto& path : sandbox.read) {
    if (auto failed = let_through(plan, path, AT_FDCWD, landlock::reading(), "read")) return failed;
  }
  for (const auto& path : sandbox.write) {
    if (auto failed = let_through(plan, path, AT_FDCWD, landlock::everything(version), "write")) return failed;
  }
  plan.rights_in_temporary = landlock::everything(version);
  if (!needs.payload_file.empty()) {
    if (auto failed = let_through(plan, needs.payload_file, AT_FDCWD, landlock::reading(), "payload")) return failed;
  }
  // One that cannot be opened cannot be executed either; that failure names it better.
  const Descriptor cwd(::open(needs.cwd.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  (void)let_through(plan, needs.program, cwd.get(), landlock::reading(), "program");
  return std::nullopt;
}

std::optional<SpawnFailed> plan_temporary(SandboxPlan& plan, const SandboxNeeds& needs) {
  for (const char* folder : {"/tmp", "/var/tmp"}) {
    struct stat about{};
    if (::lstat(folder, &about) != 0 || !S_ISDIR(about.st_mode)) continue;   // a link leads to the other one
    if (lies_in(needs.payload_file, folder))
      return refused(EINVAL, "private_tmp hides the payload file " + needs.payload_file + "; use payload: stdin or keep the daemon's state elsewhere");
    plan.temporary.push_back(folder);
  }
  return std::nullopt;
}

std::optional<SpawnFailed> plan_namespaces(SandboxPlan& plan, const SandboxNeeds& needs) {
  if (has_capability(CAP_SYS_ADMIN)) return std::nullopt;
  if (needs.switches_user)
    return refused(EPERM, "private_tmp and network: false together with user: need a daemon with CAP_SYS_ADMIN; run it as root, or drop one of them");
  plan.user_namespace = true;
  plan.uid_map = std::to_string(::geteuid()) + " " + std::to_string(::geteuid()) + " 1";
  plan.gid_map = std::to_string(::getegid()) + " " + std::to_string(::getegid()) + " 1";
  return std::nullopt;
}

}  // namespace

std::variant<SandboxPlan, SpawnFailed> plan_sandbox(const Sandbox& sandbox, const SandboxNeeds& needs) {
  SandboxPlan plan;
  plan.network = sandbox.network;
  if (!sandbox.read.empty() || !sandbox.write.empty()) {
    if (auto failed = plan_fence(plan, sandbox, needs)) return std::move(*failed);
  }
  if (sandbox.private_tmp) {
    if (auto failed = plan_temporary(plan, needs)) return std::move(*failed);
  }
  if (sandbox.private_tmp || !sandbox.network) {
    if (auto failed = plan_namespaces(plan, needs)) return std::move(*failed);
  }
  return plan;
}

}  // namespace reeve::executors::process
