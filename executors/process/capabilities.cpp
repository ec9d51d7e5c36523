#include "executors/process/capabilities.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace reeve::executors::process {
namespace {

constexpr int words = 2;      // of 32 bits, in version 3
constexpr int most = 64;

__user_cap_header_struct mine() { return {_LINUX_CAPABILITY_VERSION_3, 0}; }

}  // namespace

bool has_capability(int number) {
  auto header = mine();
  __user_cap_data_struct data[words]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[number / 32].effective >> (number % 32) & 1U) != 0;
}

bool clear_ambient_capabilities() { return ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0; }

bool drop_capabilities() {
  auto header = mine();
  const __user_cap_data_struct none[words]{};
  return ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0 && clear_ambient_capabilities() && ::syscall(SYS_capset, &header, none) == 0;
}

bool empty_bounding_set() {
  for (int number = 0; number < most; ++number) {
    const int has = ::prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (has < 0) return true;   // the last one was met
    if (has == 1 && ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) return errno == EPERM;
  }
  return true;
}

}  // namespace reeve::executors::process
