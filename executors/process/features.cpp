#include "executors/process/features.hpp"

#include <linux/capability.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "executors/process/capabilities.hpp"
#include "executors/process/landlock.hpp"
#include "executors/process/launch.hpp"
#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

const char* or_else(bool available, const char* yes, const char* no) { return available ? yes : no; }

struct Trial { int flags; int error; };

void try_unshare(void* pointer, int) {
  auto& trial = *static_cast<Trial*>(pointer);
  trial.error = ::unshare(trial.flags) == 0 ? 0 : errno;
  leave(0);
}

int error_of_unshare(int flags) {
  Trial trial{flags, 0};
  const Launched child = launch(&try_unshare, &trial, -1);
  if (child.pid < 0) return child.error;
  ::close(child.pidfd);
  ::waitpid(child.pid, nullptr, 0);
  return trial.error;
}

Feature namespace_feature(const char* name, int flags, const char* use) {
  const bool privileged = has_capability(CAP_SYS_ADMIN);
  const int error = error_of_unshare(privileged ? flags : flags | CLONE_NEWUSER);
  const std::string way = privileged ? "" : ", inside a user namespace and not together with user:";
  if (error == 0) return {name, true, use + way};
  return {name, false, std::generic_category().message(error) + "; handlers that ask for it are not started"};
}

Feature limit_feature(const char* name, const Holder& holder, const char* otherwise) {
  switch (holder.hierarchy) {
    case Hierarchy::v2: return {name, true, "of whole process trees, cgroup v2: " + holder.why};
    case Hierarchy::v1: return {name, true, "of whole process trees, cgroup v1 (a start takes up to 15 ms more): " + holder.why};
    case Hierarchy::none: break;
  }
  return {name, false, holder.why + "; " + otherwise};
}

Feature landlock_feature() {
  const int version = landlock::version();
  if (version > 0) return {"Landlock", true, "version " + std::to_string(version)};
  return {"Landlock", false, "not in this kernel, not in its lsm= list, or forbidden by the service (SystemCallFilter=); handlers with sandbox.read or sandbox.write are not started"};
}

Feature user_switch() {
  const bool can = has_capability(CAP_SETUID) && has_capability(CAP_SETGID);
  return {"user switch", can, or_else(can, "handlers may have a user: of their own", "needs root (CAP_SETUID, CAP_SETGID); handlers with another user: are not started")};
}

}  // namespace

std::vector<Feature> features_of(const Containment& containment) {
  const CgroupPool& cgroups = containment.cgroups();
  const LimitControllers& controllers = containment.controllers();
  const bool subreaper = containment.subreaper(), listed = containment.lists_children();
  return {   // braces-ok: a list
      {"cgroup v2 kill", cgroups.available(), cgroups.why()},
      {"born in its cgroup", cgroups.available() && launches_into_cgroups(),
       or_else(launches_into_cgroups(), "clone3 puts a child there at birth", "no clone3 here; a child enters its cgroup as its first act")},
      limit_feature("memory limit", controllers.holder(Resource::memory), "the address space of each process is limited instead (RLIMIT_AS)"),
      limit_feature("process limit", controllers.holder(Resource::processes), "processes of the same user are counted instead (RLIMIT_NPROC; not for root)"),
      limit_feature("cpu limit", controllers.holder(Resource::processors), "handlers with limits.cpus are not started"),
      {"subreaper", subreaper, or_else(subreaper, "orphans of attempts come back to the daemon",
                                       "orphans of attempts go to init and are found by their environment at the next start only")},
      {"children in /proc", listed, or_else(listed, "orphans are seen at once", "the kernel lacks CONFIG_PROC_CHILDREN; orphans are not seen without cgroups")},
      {"pidfd", static_cast<bool>(open_pidfd(1)), "processes are signalled and waited for by descriptor"},
      {"no_new_privs", true, "no handler gains privileges by what it executes"},
      user_switch(),
      landlock_feature(),
      namespace_feature("mount namespace", CLONE_NEWNS, "for sandbox.private_tmp"),
      namespace_feature("network namespace", CLONE_NEWNET, "for sandbox.network: false"),
  };
}

}  // namespace reeve::executors::process
