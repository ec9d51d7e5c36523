#include "executors/process/spawn.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "executors/process/launch.hpp"
#include "executors/process/program.hpp"

namespace reeve::executors::process {
namespace {

namespace bp = boost::process::v2;
using boost::system::error_code;

void kill_and_reap(const Launched& child) {
  ::syscall(SYS_pidfd_send_signal, child.pidfd, SIGKILL, nullptr, 0);
  ::waitpid(child.pid, nullptr, 0);
}

// Shaped like Boost's launchers, so that it gives back the type that owns a child.
struct Launcher : bp::posix::default_launcher {
  ChildPlan& plan;
  int cgroup;
  Descriptor& watch;

  Launcher(ChildPlan& the_plan, int the_cgroup, Descriptor& the_watch) : plan(the_plan), cgroup(the_cgroup), watch(the_watch) {}

  Process operator()(boost::asio::any_io_executor loop, error_code& error) {
    const Launched child = launch(&set_up, &plan, cgroup);
    if (child.pid < 0) return refuse(loop, error, child.error);
    if (plan.failed != Step::none) {
      ::waitpid(child.pid, nullptr, 0);
      ::close(child.pidfd);
      return refuse(loop, error, plan.error);
    }
    pid = child.pid;
    ::dup3(child.pidfd, watch.get(), O_CLOEXEC);   // into a place that was kept for it: cannot lack a descriptor
    return own(loop, error, child);
  }

 private:
  static Process refuse(boost::asio::any_io_executor& loop, error_code& error, int number) {
    error.assign(number, boost::system::system_category());
    return Process(loop);
  }

  // The loop may be unable to watch one more descriptor; the child must not outlive that.
  static Process own(boost::asio::any_io_executor& loop, error_code& error, const Launched& child) {
    try {
      return Process(loop, child.pid, child.pidfd);
    } catch (const boost::system::system_error& problem) {
      error = problem.code();
      kill_and_reap(child);
      ::close(child.pidfd);
      return Process(loop);
    }
  }
};

constexpr const char* fenced = "; the sandbox's read: has to name its loader, libraries and interpreter, too: [/usr, /lib, /lib64, /etc]";

std::string explain(const ChildPlan& plan, Step step, int number) {
  if (step == Step::exec) return explain_exec(plan.path, number) + (plan.sandbox && number == EACCES ? fenced : "");
  const std::string why = std::generic_category().message(number);
  if (step == Step::user_namespace)
    return "sandbox: no user namespace (" + why + "); private_tmp and network: false need CAP_SYS_ADMIN, or a kernel and a service (RestrictNamespaces=) that allow user namespaces";
  if (step == Step::private_tmp) return "sandbox: private_tmp: no mount namespace with an empty /tmp (" + why + ")";
  if (step == Step::network) return "sandbox: network: false: no network namespace (" + why + ")";
  if (step == Step::fence) return "sandbox: read and write: Landlock refused its fence (" + why + ")";
  if (step == Step::cwd) return "cwd: " + std::string(plan.cwd) + ": " + why + "; the folder must exist and be open to the handler's user";
  if (step == Step::groups || step == Step::gid || step == Step::uid)
    return "user: the daemon may not become another user (" + why + "); run it as root or drop `user:` and `group:`";
  return std::string(name(step)) + ": " + why;
}

SpawnFailed refused(const ChildPlan& plan, int number) {
  if (plan.failed != Step::none) return {std::string(name(plan.failed)), number, explain(plan, plan.failed, number)};
  return {"clone", number, "no process could be made: " + std::generic_category().message(number)};
}

}  // namespace

std::variant<Child, SpawnFailed> spawn(const boost::asio::any_io_executor& loop, ChildPlan& plan, int cgroup) {
  Descriptor watch(::fcntl(plan.descriptors[0], F_DUPFD_CLOEXEC, 4));
  if (!watch) return SpawnFailed{"pidfd", errno, "no descriptor is left to watch the process: " + std::generic_category().message(errno)};
  error_code error;
  Launcher launcher(plan, cgroup, watch);
  Process process = launcher(loop, error);
  if (error) return refused(plan, error.value());
  return Child{std::move(process), std::move(watch)};
}

}  // namespace reeve::executors::process
