// What a body is when it starts, and that it does not start when one step of that fails.
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>

#include "executors/process/child_setup.hpp"
#include "executors/process/spawn.hpp"
#include "tests/unit/executors/bodies.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace fs = std::filesystem;

namespace {

bool root() {
  if (::geteuid() == 0) return true;
  WARN("this needs root: nothing was tried");
  return false;
}

// The lines of /proc/self/status of a body, by name.
std::map<std::string, std::string> status_of(std::shared_ptr<ProcessSpec> spec) {
  spec->command = {"/bin/cat", "/proc/self/status"};
  Run run(std::move(spec));
  REQUIRE(succeeded(run.outcome));
  std::map<std::string, std::string> status;
  for (const auto& line : run.witness.lines) {
    const auto colon = line.message.find(":\t");
    if (colon != std::string::npos) status[line.message.substr(0, colon)] = line.message.substr(colon + 2);
  }
  return status;
}

// What a process of its own finds, which gives up things that cannot be had again. True when it says so.
bool in_a_child(const std::function<bool()>& finds) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(finds() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void give_up(int capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  ::syscall(SYS_capget, &header, data);
  data[capability / 32].effective &= ~(1U << (capability % 32));
  data[capability / 32].permitted &= ~(1U << (capability % 32));
  ::syscall(SYS_capset, &header, data);
}

// A plan that works, to be broken in one place.
struct Planned {
  std::vector<process::Descriptor> files{};
  std::vector<char*> argv{};
  std::vector<char*> envp{nullptr};
  std::string program{};
  process::ChildPlan plan{};

  explicit Planned(const std::string& touched) : program("/bin/touch"), path_(touched) {
    argv = {program.data(), path_.data(), nullptr};
    plan.path = program.c_str();
    plan.argv = argv.data();
    plan.envp = envp.data();
    plan.parent = ::getpid();
    for (int& one : plan.descriptors) {
      files.emplace_back(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
      one = files.back().get();
    }
  }

 private:
  std::string path_;
};

// Where it stopped; "" when the program ran.
std::string stopped_at(const std::function<void(process::ChildPlan&)>& breaks) {
  const std::string witness = fs::temp_directory_path() / ("reeve-ran-" + std::to_string(::getpid()));
  fs::remove(witness);
  boost::asio::io_context loop{1};
  Planned planned(witness);
  breaks(planned.plan);
  auto spawned = process::spawn(loop.get_executor(), planned.plan, -1);
  const auto* failed = std::get_if<SpawnFailed>(&spawned);
  if (failed == nullptr) std::get<process::Child>(spawned).process.wait();
  const bool ran = fs::remove(witness);
  CHECK(ran == (failed == nullptr));
  CHECK(children().empty());
  if (failed == nullptr) return "";
  CHECK(failed->error != 0);
  return failed->step;
}

}  // namespace

TEST_CASE("each step that fails is named, and the program does not run", "[setup][steps]") {
  CHECK(stopped_at([](auto&) {}) == "");
  CHECK(stopped_at([](auto& plan) { plan.entrances = {999}; }) == "cgroup");
  CHECK(stopped_at([](auto& plan) { plan.descriptors[2] = 999; }) == "descriptors");
  CHECK(stopped_at([](auto& plan) { plan.limits = {{RLIMIT_NOFILE, rlimit{10, 5}}}; }) == "limits");
  CHECK(stopped_at([](auto& plan) { plan.cwd = "/no/such/folder"; }) == "cwd");
  CHECK(stopped_at([](auto& plan) { plan.cwd = "/etc/passwd"; }) == "cwd");
  CHECK(stopped_at([](auto& plan) { plan.parent = 1; }) == "parent_death");
  CHECK(stopped_at([](auto& plan) { plan.path = "/no/such/program"; }) == "exec");
  CHECK(stopped_at([](auto& plan) {
          plan.sandbox.emplace();
          plan.sandbox->fence = process::Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));   // is no fence
        }) == "sandbox");
}

TEST_CASE("each step that needs a privilege fails without it, and the program does not run", "[setup][steps][root]") {
  if (!root()) return;
  const auto stops = [](int capability, const std::string& step, const std::function<void(process::ChildPlan&)>& breaks) {
    INFO(step);
    CHECK(in_a_child([&] {
      give_up(capability);
      return stopped_at(breaks) == step;
    }));
  };
  const auto becomes_nobody = [](process::ChildPlan& plan) { plan.credentials = process::Credentials{65534, 65534, {65534}}; };
  stops(CAP_SYS_NICE, "nice", [](auto& plan) { plan.nice = -5; });
  stops(CAP_SYS_RESOURCE, "limits", [](auto& plan) {
    plan.limits = {{RLIMIT_NOFILE, rlimit{1U << 30, 1U << 30}}};
  });
  stops(CAP_SETGID, "groups", becomes_nobody);
  stops(CAP_SETUID, "uid", becomes_nobody);
  const auto sandboxed = [](const std::function<void(process::SandboxPlan&)>& wants) {
    return [wants](process::ChildPlan& plan) { wants(plan.sandbox.emplace()); };
  };
  stops(CAP_SYS_ADMIN, "sandbox", sandboxed([](auto& sandbox) { sandbox.temporary = {"/tmp"}; }));
  stops(CAP_SYS_ADMIN, "sandbox", sandboxed([](auto& sandbox) { sandbox.network = false; }));
}

TEST_CASE("a body with a user never runs as the daemon's when the switch fails", "[setup][root]") {
  if (!root()) return;
  const std::string witness = fs::temp_directory_path() / ("reeve-wrong-user-" + std::to_string(::getpid()));
  CHECK(in_a_child([&] {
    give_up(CAP_SETUID);
    auto spec = shell("id -u > " + witness);
    spec->user = "nobody";
    Run run(spec);
    const auto* failed = std::get_if<SpawnFailed>(&run.outcome.end);
    return failed != nullptr && failed->step == "uid" && failed->error == EPERM && run.witness.pids.empty();
  }));
  CHECK_FALSE(fs::exists(witness));
}

TEST_CASE("a body with a user has its ids, its groups and no capability at all", "[setup][root]") {
  if (!root()) return;
  auto spec = std::make_shared<ProcessSpec>();
  spec->user = "nobody";
  auto status = status_of(spec);
  CHECK(status["Uid"] == "65534\t65534\t65534\t65534");
  CHECK(status["Gid"] == "65534\t65534\t65534\t65534");
  CHECK(status["Groups"] == "65534 ");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) CHECK(status[set] == "0000000000000000");
  CHECK(status["NoNewPrivs"] == "1");
  CHECK(status["SigBlk"] == "0000000000000000");
  CHECK(status["SigIgn"] == "0000000000000000");
}

TEST_CASE("an account may be a number", "[setup][root]") {
  if (!root()) return;
  auto spec = shell("id -u; id -g");
  spec->user = "65534";
  spec->group = "12";
  CHECK(Run(spec).out() == "65534\n12\n");
}

TEST_CASE("a body of root without a user keeps what root has", "[setup][root]") {
  if (!root()) return;
  auto status = status_of(std::make_shared<ProcessSpec>());
  CHECK(status["Uid"] == "0\t0\t0\t0");
  CHECK(status["CapEff"] != "0000000000000000");
  CHECK(status["CapAmb"] == "0000000000000000");
  CHECK(status["NoNewPrivs"] == "1");
}

TEST_CASE("a daemon that was given capabilities hands none of them on", "[setup][root]") {
  if (!root()) return;
  CHECK(in_a_child([] {
    ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (::syscall(SYS_setresgid, 65534, 65534, 65534) != 0 || ::syscall(SYS_setresuid, 65534, 65534, 65534) != 0) return false;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    data[0] = {1U << CAP_SETUID, 1U << CAP_SETUID, 1U << CAP_SETUID};
    if (::syscall(SYS_capset, &header, data) != 0 || ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0) != 0) return false;
    Options chosen = options();
    chosen.cgroups = false;
    chosen.attempt_dir.clear();
    auto spec = shell("grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status | grep -v 0000000000000000");
    Run run(spec, chosen);
    return run.outcome.exit.code == 1 && run.out().empty();
  }));
}

TEST_CASE("a body is the victim before the daemon when the machine runs out of memory", "[setup]") {
  const int own = std::stoi(process::read_file("/proc/self/oom_score_adj"));
  Run run(shell("cat /proc/self/oom_score_adj"));
  CHECK(run.out() == std::to_string(std::min(1000, own + 500)) + "\n");
  CHECK(std::stoi(process::read_file("/proc/self/oom_score_adj")) == own);   // the child was made on our memory
}

TEST_CASE("a body that runs is called by its program's name", "[setup]") {
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {"/bin/cat", "/proc/self/comm"};
  CHECK(Run(spec).out() == "cat\n");
}

TEST_CASE("a daemon of root does not run what everybody may write to", "[setup][root]") {
  if (!root()) return;
  const std::string program = fs::temp_directory_path() / ("reeve-loose-" + std::to_string(::getpid()));
  fs::copy_file("/bin/true", program, fs::copy_options::overwrite_existing);
  fs::permissions(program, fs::perms(0777));
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {program};
  CHECK(refusal(spec).message.find("everybody may write to it") != std::string::npos);
  fs::permissions(program, fs::perms(0755));
  CHECK(succeeded(Run(spec).outcome));
  fs::remove(program);
}

TEST_CASE("a body's user needs the way to its program, not only the program", "[setup][root]") {
  if (!root()) return;
  const fs::path folder = fs::temp_directory_path() / ("reeve-closed-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  fs::copy_file("/bin/true", folder / "true", fs::copy_options::overwrite_existing);
  fs::permissions(folder, fs::perms(0700));
  auto spec = std::make_shared<ProcessSpec>();
  spec->command = {folder / "true"};
  CHECK(succeeded(Run(spec).outcome));
  spec = std::make_shared<ProcessSpec>(*spec);
  spec->user = "nobody";
  CHECK(refusal(spec).error == EACCES);
  fs::remove_all(folder);
}
