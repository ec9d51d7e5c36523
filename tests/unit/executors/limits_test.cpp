// Limits of whole process trees, with real control groups where this machine has them.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "executors/process/cgroup_mount.hpp"
#include "executors/process/limits_group.hpp"
#include "tests/unit/executors/bodies.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace fs = std::filesystem;

namespace {

struct Attempt {
  Witness witness;
  Brake brake;
  std::optional<Outcome> outcome;
};

// Folders of the store of these tests that are left in any hierarchy.
std::vector<std::string> folders_left() {
  std::vector<std::string> left;
  const std::string mountinfo = process::read_file("/proc/self/mountinfo"), cgroups = process::read_file("/proc/self/cgroup");
  for (const char* controller : {"memory", "pids", "cpu"}) {
    const auto own = process::own_cgroup_folder(mountinfo, cgroups, controller);
    if (!own.empty() && fs::exists(own + "/reeve-" + options().store_id)) left.push_back(own);
  }
  return left;
}

const std::string hog = "x = []\nwhile True: x.append(bytearray(b'x') * (4 << 20))";

}  // namespace

TEST_CASE("a body above its memory is killed by the kernel and said to be, and its neighbours live", "[limits][memory]") {
  if (!has_feature("memory limit")) return;
  Bench bench;
  Attempt greedy, modest;
  auto limited = python(hog);
  limited->limits.memory_bytes = 64 << 20;
  bench.start(*bench.executors->find("process"), execution_of(limited), greedy.witness, greedy.brake, greedy.outcome);
  bench.start(*bench.executors->find("process"), execution_of(python("x = bytearray(b'x') * (100 << 20); print(len(x))")), modest.witness, modest.brake,
              modest.outcome);
  REQUIRE(bench.settle());
  REQUIRE(std::holds_alternative<Crashed>(greedy.outcome->end));
  CHECK(std::get<Crashed>(greedy.outcome->end).signal == SIGKILL);
  CHECK(std::get<Crashed>(greedy.outcome->end).oom);
  CHECK(greedy.outcome->use.max_rss_kib > 48 << 10);
  CHECK(greedy.outcome->use.max_rss_kib <= 64 << 10);
  CHECK(succeeded(*modest.outcome));
  CHECK(modest.witness.printed(std::to_string(100 << 20)));
}

TEST_CASE("the memory of a body is counted over all of its processes", "[limits][memory]") {
  if (!has_feature("memory limit")) return;
  const std::string part = "import os\nfor i in range(4): os.fork()\nx = bytearray(b'x') * (16 << 20)\nopen('/dev/null').read()\nimport time\ntime.sleep(2)";
  auto spec = python(part);
  spec->limits.memory_bytes = 96 << 20;   // enough for each of the sixteen
  Run run(spec);
  const bool named = run.witness.text(Stream::entry).find("out of memory") != std::string::npos;
  const auto* crashed = std::get_if<Crashed>(&run.outcome.end);
  CHECK((named || (crashed != nullptr && crashed->oom)));
}

TEST_CASE("the loss of another process of a body is told in its log", "[limits][memory]") {
  if (!has_feature("memory limit")) return;
  auto spec = python("import subprocess,sys\nsys.exit(subprocess.run(['/usr/bin/python3','-c','''" + hog + "''']).returncode == -9 and 3)");
  spec->limits.memory_bytes = 64 << 20;
  Run run(spec);
  if (const auto* crashed = std::get_if<Crashed>(&run.outcome.end)) {
    CHECK(crashed->oom);   // v2 takes the whole body
    return;
  }
  CHECK(run.outcome.exit.code == 3);
  CHECK(run.witness.text(Stream::entry).find("the kernel killed 1 of its processes: out of memory") != std::string::npos);
}

TEST_CASE("memory that a body reserves and does not use is not counted", "[limits][memory]") {
  if (!has_feature("memory limit")) return;
  auto spec = python("import mmap\nm = mmap.mmap(-1, 4 << 30)\nprint('reserved')");
  spec->limits.memory_bytes = 64 << 20;
  CHECK(succeeded(Run(spec).outcome));
}

TEST_CASE("a fork bomb is bounded, and gone with its attempt within a second", "[limits][processes]") {
  if (!has_feature("process limit")) return;
  const auto sleep = odd_sleep();
  Bench bench;
  Attempt bomb;
  auto spec = python("import os,time  # " + sleep + "\n"
                     "def bomb():\n  while True:\n    try:\n      if os.fork() == 0: os.setsid()\n    except OSError: time.sleep(0.001)\n"
                     "if os.fork() == 0: bomb()\ntime.sleep(0.3)\nprint('lit', flush=True)\ntime.sleep(60)");
  spec->limits.processes = 40;
  std::size_t most = 0;
  std::chrono::steady_clock::time_point stopped;
  bomb.witness.react = [&] {
    if (!bomb.witness.printed("lit") || stopped.time_since_epoch().count() != 0) return;
    most = processes_named(sleep).size();
    stopped = std::chrono::steady_clock::now();
    bomb.brake.kill(StopReason::timeout);
  };
  bench.start(*bench.executors->find("process"), execution_of(spec), bomb.witness, bomb.brake, bomb.outcome);
  REQUIRE(bench.settle());
  CHECK(std::chrono::steady_clock::now() - stopped < std::chrono::seconds(1));
  CHECK(most > 20);
  CHECK(most <= 40);
  CHECK(processes_named(sleep).empty());
  CHECK(children().empty());
}

TEST_CASE("a body may have as many processes as it declares, and no more", "[limits][processes]") {
  if (!has_feature("process limit")) return;
  auto spec = python("import os\nmade = 0\ntry:\n  while True:\n    if os.fork() == 0:\n      os.read(0, 1); os._exit(0)\n    made += 1\nexcept BlockingIOError:\n  print(made)");
  spec->payload = PayloadBy::none;
  spec->limits.processes = 8;
  Run run(spec);
  CHECK(run.out() == "7\n");
}

TEST_CASE("a body gets no more of the processors than it declares", "[limits][cpus]") {
  if (!has_feature("cpu limit")) return;
  auto spec = python("import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end: pass");
  spec->limits.cpus = 0.2;
  Run run(spec);
  CHECK(succeeded(run.outcome));
  CHECK(run.outcome.use.cpu_user + run.outcome.use.cpu_system < std::chrono::milliseconds(500));
}

TEST_CASE("a limit that nobody here can hold refuses the start", "[limits][cpus]") {
  auto spec = shell("exit 0");
  spec->limits.cpus = 1.0;
  Run run(spec, with_cgroups(false));
  REQUIRE(std::holds_alternative<SpawnFailed>(run.outcome.end));
  CHECK(std::get<SpawnFailed>(run.outcome.end).step == "limits");
  CHECK(std::get<SpawnFailed>(run.outcome.end).message.find("limits.cpus") != std::string::npos);
}

TEST_CASE("nothing is left of the groups of limited bodies", "[limits]") {
  {
    Bench bench;
    auto spec = shell("sleep 60 & exit 0");
    spec->limits.memory_bytes = 64 << 20;
    spec->limits.processes = 10;
    for (int i = 0; i < 3; ++i) bench.run("process", execution_of(spec));
  }
  CHECK(folders_left().empty());
}

TEST_CASE("processes of a dead incarnation are found in the groups that limited them", "[limits][strays]") {
  const auto own = process::own_cgroup_folder(process::read_file("/proc/self/mountinfo"), process::read_file("/proc/self/cgroup"), "pids");
  if (own.empty() || ::access(own.c_str(), W_OK) != 0) {
    WARN("no writable v1 hierarchy with the controller pids here: nothing was tried");
    return;
  }
  const auto sleep = odd_sleep();
  const std::string leaf = own + "/reeve-" + options().store_id + "/dead/0";
  fs::create_directories(leaf);
  const pid_t stray = ::fork();
  if (stray == 0) {   // without a mark in its environment
    std::ofstream(leaf + "/cgroup.procs") << "0" << std::flush;
    const char* argv[] = {"/bin/sleep", sleep.c_str(), nullptr};
    const char* env[] = {nullptr};
    ::execve(argv[0], const_cast<char**>(argv), const_cast<char**>(env));
    ::_exit(1);
  }
  while (process::parse_pids(process::read_file(leaf + "/cgroup.procs")).empty()) ::sched_yield();
  {
    Bench bench;
    const auto removed = bench.executors->remove_strays();
    REQUIRE(removed.size() == 1);
    CHECK(removed[0].pid == stray);
    ::waitpid(stray, nullptr, 0);
    CHECK(bench.executors->remove_strays().empty());
    CHECK_FALSE(fs::exists(leaf));
  }
  CHECK(folders_left().empty());
}

TEST_CASE("the first incarnation's folder in a hierarchy is told from a part of its name", "[limits]") {
  const std::string mounts = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n35 31 0:32 /c /mem rw - cgroup cgroup rw,memory\n";
  const std::string ours = "5:cpuset:/no\n4:memory:/c/d\n1:cpu,cpuacct:/x\n";
  CHECK(process::own_cgroup_folder(mounts, ours, "cpu") == "/sys/fs/cgroup/cpu,cpuacct/x");
  CHECK(process::own_cgroup_folder(mounts, ours, "memory") == "/mem/d");
  CHECK(process::own_cgroup_folder(mounts, ours, "pids").empty());
}
