#include "executors/process/child_setup.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "executors/process/capabilities.hpp"
#include "executors/process/launch.hpp"

// Raw system calls where glibc's wrapper would do more than the call: change the ids of every thread of the daemon, or keep books.
namespace reeve::executors::process {
namespace {

constexpr int signals = 64;
constexpr std::size_t signal_set_bytes = 8;

struct KernelSigaction {   // as the kernel knows it
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)();
  unsigned long mask;
};

bool enter_cgroup(int folder) {
  const int procs = ::openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC);
  return procs >= 0 && ::write(procs, "0", 1) == 1;   // closed by exec
}

bool enter_groups(const ChildPlan& plan) {
  for (const int procs : plan.entrances) {
    if (::write(procs, "0", 1) != 1) return false;
  }
  return true;
}

// Handlers must be gone before the mask is lifted: one that ran here would run on the daemon's memory.
bool reset_dispositions() {
  KernelSigaction fresh{};
  fresh.handler = SIG_DFL;
  for (int number = 1; number <= signals; ++number) {
    if (number == SIGKILL || number == SIGSTOP) continue;
    if (::syscall(SYS_rt_sigaction, number, &fresh, nullptr, signal_set_bytes) != 0) return false;
  }
  return true;
}

bool arrange_descriptors(const ChildPlan& plan) {
  for (int target = 0; target < 4; ++target) {
    if (::dup2(plan.descriptors[static_cast<std::size_t>(target)], target) < 0) return false;
  }
  return ::syscall(SYS_close_range, 4U, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

bool set_limits(const ChildPlan& plan) {
  for (const auto& [resource, limit] : plan.limits) {
    if (::syscall(SYS_prlimit64, 0, resource, &limit, nullptr) != 0) return false;
  }
  return true;
}

// A wish, not a fence: a kernel or container that refuses it refuses nobody's start.
void prefer_as_victim(const ChildPlan& plan) {
  if (plan.oom_score.empty()) return;
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  [[maybe_unused]] const auto written = ::write(file, plan.oom_score.data(), plan.oom_score.size());
  ::close(file);
}

bool set_nice(const ChildPlan& plan) { return !plan.nice || ::setpriority(PRIO_PROCESS, 0, *plan.nice) == 0; }

bool set_groups(const Credentials& who) { return ::syscall(SYS_setgroups, who.groups.size(), who.groups.data()) == 0; }
bool set_gid(const Credentials& who) { return ::syscall(SYS_setresgid, who.gid, who.gid, who.gid) == 0; }
bool set_uid(const Credentials& who) { return ::syscall(SYS_setresuid, who.uid, who.uid, who.uid) == 0; }

constexpr int most_groups = 256;   // to be looked at; the kernel keeps them sorted, the list comes sorted from the parent

bool has_groups(const Credentials& who) {
  gid_t now[most_groups];
  const long count = ::syscall(SYS_getgroups, most_groups, now);
  if (count < 0) return who.groups.size() > most_groups;
  if (static_cast<std::size_t>(count) != who.groups.size()) return false;
  for (std::size_t i = 0; i < who.groups.size(); ++i) {
    if (now[i] != who.groups[i]) return false;
  }
  return true;
}

// Looks at what the kernel now says, and tries the way back, which must be closed.
bool verify_identity(const Credentials& who) {
  uid_t uid[3]{};
  gid_t gid[3]{};
  if (::getresuid(&uid[0], &uid[1], &uid[2]) != 0 || ::getresgid(&gid[0], &gid[1], &gid[2]) != 0) return false;
  errno = EPERM;
  for (int i = 0; i < 3; ++i) {
    if (uid[i] != who.uid || gid[i] != who.gid) return false;
  }
  if (!has_groups(who)) return errno = EPERM, false;
  if (who.uid != 0 && ::syscall(SYS_setuid, 0) == 0) return errno = EPERM, false;
  if (who.uid != 0 && who.gid != 0 && ::syscall(SYS_setgid, 0) == 0) return errno = EPERM, false;
  return true;
}

bool set_umask(const ChildPlan& plan) {
  if (plan.umask) ::umask(*plan.umask);
  return true;
}

// After the ids: a change of them clears it. The parent may have died before it was set.
bool die_with_parent(const ChildPlan& plan) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (::getppid() == plan.parent) return true;
  errno = ESRCH;
  return false;
}

bool lift_signal_mask() {
  const unsigned long none = 0;
  return ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, signal_set_bytes) == 0;
}

// The way to the program has to be open to the body's user also when the program itself is at hand. What only an interpreter can run that
// was registered for it (binfmt_misc) needs its path.
void execute(const ChildPlan& plan) {
  if (plan.program >= 0) {
    if (::syscall(SYS_faccessat, AT_FDCWD, plan.path, X_OK) != 0) return;
    ::syscall(SYS_execveat, plan.program, "", plan.argv, plan.envp, AT_EMPTY_PATH);
    if (errno != ENOENT && errno != ENOSYS) return;
  }
  ::execve(plan.path, plan.argv, plan.envp);
}

struct Check {
  ChildPlan& plan;
  void operator()(Step step, bool done) const {
    if (done) return;
    plan.failed = step;
    plan.error = errno;
    leave(127);
  }
};

void enter_namespaces(const SandboxPlan& sandbox, const Check& check) {
  check(Step::user_namespace, !sandbox.user_namespace || enter_user_namespace(sandbox));
  check(Step::private_tmp, sandbox.temporary.empty() || hide_temporary_folders(sandbox));
  check(Step::network, sandbox.network || leave_network());
  check(Step::bounding, !sandbox.user_namespace || empty_bounding_set());
}

// The bounding set first: who is somebody else may not change it any more.
void become(const Credentials& who, const Check& check) {
  check(Step::bounding, who.uid == 0 || empty_bounding_set());
  check(Step::groups, set_groups(who));
  check(Step::gid, set_gid(who));
  check(Step::uid, set_uid(who));
  check(Step::identity, verify_identity(who));
}

// Root keeps what root has; everybody else goes without, also when the daemon was given more.
bool settle_capabilities() { return ::geteuid() == 0 ? clear_ambient_capabilities() : drop_capabilities(); }

}  // namespace

void set_up(void* pointer, int join) {
  auto& plan = *static_cast<ChildPlan*>(pointer);
  const Check check{plan};
  check(Step::cgroup, enter_groups(plan) && (join < 0 || enter_cgroup(join)));
  check(Step::session, ::setsid() >= 0);
  check(Step::signals, reset_dispositions());
  check(Step::descriptors, arrange_descriptors(plan));
  check(Step::limits, set_limits(plan));
  prefer_as_victim(plan);
  check(Step::nice, set_nice(plan));
  if (plan.sandbox) enter_namespaces(*plan.sandbox, check);
  if (plan.credentials) become(*plan.credentials, check);
  check(Step::capabilities, settle_capabilities());
  check(Step::umask, set_umask(plan));
  check(Step::cwd, ::chdir(plan.cwd) == 0);
  check(Step::no_new_privs, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  check(Step::fence, !plan.sandbox || !plan.sandbox->fence || raise_fence(*plan.sandbox));
  check(Step::parent_death, die_with_parent(plan));
  check(Step::signals, lift_signal_mask());
  execute(plan);
  check(Step::exec, false);
}

std::string_view name(Step step) {
  switch (step) {
    case Step::none: return "none";
    case Step::cgroup: return "cgroup";
    case Step::session: return "session";
    case Step::signals: return "signals";
    case Step::descriptors: return "descriptors";
    case Step::limits: return "limits";
    case Step::nice: return "nice";
    case Step::user_namespace:
    case Step::private_tmp:
    case Step::network:
    case Step::fence: return "sandbox";
    case Step::bounding: return "bounding";
    case Step::groups: return "groups";
    case Step::gid: return "gid";
    case Step::uid: return "uid";
    case Step::identity: return "identity";
    case Step::capabilities: return "capabilities";
    case Step::umask: return "umask";
    case Step::cwd: return "cwd";
    case Step::no_new_privs: return "no_new_privs";
    case Step::parent_death: return "parent_death";
    case Step::exec: return "exec";
  }
  return "unknown";
}

}  // namespace reeve::executors::process
