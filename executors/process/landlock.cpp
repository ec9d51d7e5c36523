#include "executors/process/landlock.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace reeve::executors::process::landlock {
namespace {

// As the kernel has them; the headers of a distribution know only those of its day.
constexpr std::uint64_t execute = 1U << 0, write_file = 1U << 1, read_file = 1U << 2, read_dir = 1U << 3;
constexpr std::uint64_t first_version = (1U << 13) - 1;    // the four above; removing and making of what is in folders
constexpr std::uint64_t refer = 1U << 13, truncate = 1U << 14, ioctl_dev = 1U << 15;
constexpr std::uint64_t of_files = execute | write_file | read_file | truncate | ioctl_dev;
constexpr unsigned tell_version = 1;
constexpr int path_beneath = 1;

struct RulesetAttr { std::uint64_t handled_access_fs; };
struct __attribute__((packed)) PathBeneathAttr { std::uint64_t allowed_access; std::int32_t parent_fd; };

}  // namespace

int version() {
  const long known = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, tell_version);
  return known < 0 ? 0 : static_cast<int>(known);
}

std::uint64_t reading() { return execute | read_file | read_dir; }

std::uint64_t everything(int version) {
  return first_version | (version >= 2 ? refer : 0) | (version >= 3 ? truncate : 0) | (version >= 5 ? ioctl_dev : 0);
}

Descriptor make_fence(int version) {
  const RulesetAttr attributes{everything(version)};
  return Descriptor(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));   // always close-on-exec
}

bool allow(int fence, int folder, std::uint64_t rights) {
  struct stat about{};
  if (::fstat(folder, &about) != 0) return false;
  const PathBeneathAttr rule{S_ISDIR(about.st_mode) ? rights : rights & of_files, folder};
  return ::syscall(SYS_landlock_add_rule, fence, path_beneath, &rule, 0) == 0;
}

bool restrict_self(int fence) { return ::syscall(SYS_landlock_restrict_self, fence, 0) == 0; }

}  // namespace reeve::executors::process::landlock
