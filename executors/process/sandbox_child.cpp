// The child's part of the sandbox: system calls only, nothing allocated, on the daemon's memory.
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "executors/process/landlock.hpp"
#include "executors/process/sandbox.hpp"

namespace reeve::executors::process {
namespace {

bool write_into(const char* path, const char* text, std::size_t size) {
  const Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text, size) == static_cast<ssize_t>(size);
}

bool set_loopback_up() {
  const Descriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  if (!any || ::ioctl(any.get(), SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
  return ::ioctl(any.get(), SIOCSIFFLAGS, &request) == 0;
}

}  // namespace

bool enter_user_namespace(const SandboxPlan& plan) {
  return ::unshare(CLONE_NEWUSER) == 0 && write_into("/proc/self/setgroups", "deny", 4) &&
         write_into("/proc/self/uid_map", plan.uid_map.data(), plan.uid_map.size()) &&
         write_into("/proc/self/gid_map", plan.gid_map.data(), plan.gid_map.size());
}

// What is mounted elsewhere later still comes to be seen in here, and nothing of this goes back.
bool hide_temporary_folders(const SandboxPlan& plan) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return false;
  for (const char* folder : plan.temporary) {
    if (::mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0) return false;
  }
  return true;
}

bool leave_network() { return ::unshare(CLONE_NEWNET) == 0 && set_loopback_up(); }

// The fence does not reach over what was mounted just now: those folders are let through by themselves.
bool raise_fence(const SandboxPlan& plan) {
  for (const char* folder : plan.temporary) {
    const Descriptor opened(::open(folder, O_PATH | O_CLOEXEC));
    if (!opened || !landlock::allow(plan.fence.get(), opened.get(), plan.rights_in_temporary)) return false;
  }
  return landlock::restrict_self(plan.fence.get());
}

}  // namespace reeve::executors::process
