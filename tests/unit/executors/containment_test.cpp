// Processes that try to outlive their attempt, and what is told of what an attempt used.
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <linux/magic.h>

#include "executors/process/cgroup_mount.hpp"
#include "tests/unit/executors/bodies.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace fs = std::filesystem;

namespace {

// Leaves its session, its parents and its cgroup, with or without its environment.
std::string escapee(const std::string& cgroup, const std::string& sleep, const std::string& environment) {
  return "import os\npid = os.fork()\nif pid == 0:\n  os.setsid()\n  open('" + cgroup + "/cgroup.procs', 'w').write('0')\n"
         "  if os.fork() == 0: os.execve('/bin/sleep', ['sleep', '" + sleep + "'], " + environment + ")\n  os._exit(0)\nos.waitpid(pid, 0)";
}

std::string own_folder() {
  return process::own_cgroup_folder(process::read_file("/proc/self/mountinfo"), process::read_file("/proc/self/cgroup"));
}

std::int64_t own_peak_kib() {
  rusage ours{};
  ::getrusage(RUSAGE_SELF, &ours);
  return ours.ru_maxrss;
}

}  // namespace

TEST_CASE("a process that leaves its cgroup is found by its marks and killed", "[tree][escape]") {
  if (!has_feature("cgroup v2 kill")) return;
  const auto sleep = odd_sleep();
  Run run(python(escapee(own_folder(), sleep, "os.environ")));
  CHECK(succeeded(run.outcome));
  REQUIRE(run.outcome.left_children.size() == 1);
  CHECK(run.outcome.left_children[0].command.find(sleep) != std::string::npos);
  CHECK(processes_named("sleep " + sleep).empty());
  CHECK(children().empty());
}

TEST_CASE("a process that leaves its cgroup and clears its environment is found in the group of its limits", "[tree][escape][limits]") {
  if (!has_feature("cgroup v2 kill") || !has_feature("process limit")) return;
  const auto sleep = odd_sleep();
  auto spec = python(escapee(own_folder(), sleep, "{}"));
  spec->limits.processes = 20;
  Run run(spec);
  CHECK(processes_named("sleep " + sleep).empty());
  CHECK(run.outcome.left_children.size() == 1);
  CHECK(children().empty());
}

TEST_CASE("a process that leaves everything behind ends when no attempt runs that it could belong to", "[tree][escape]") {
  const bool cgroups = GENERATE(true, false);
  if (cgroups && !has_feature("cgroup v2 kill")) return;
  const auto sleep = odd_sleep();
  Run run(python(escapee(cgroups ? own_folder() : fs::temp_directory_path().string(), sleep, "{}")), with_cgroups(cgroups));
  if (!cgroups) fs::remove(fs::temp_directory_path() / "cgroup.procs");
  CHECK(succeeded(run.outcome));
  CHECK(processes_named("sleep " + sleep).empty());
  CHECK(children().empty());
}

TEST_CASE("the processor time of descendants that were killed is counted", "[tree][use]") {
  if (!has_feature("cgroup v2 kill")) return;
  Run run(python("import os,time\nr, w = os.pipe()\nif os.fork() == 0:\n  os.setsid()\n  while time.process_time() < 0.3: pass\n  os.write(w, b'x')\n  time.sleep(60)\n"
                 "os.read(r, 1)"));
  CHECK(succeeded(run.outcome));
  CHECK(run.outcome.left_children.size() == 1);
  CHECK(run.outcome.use.cpu_user + run.outcome.use.cpu_system >= std::chrono::milliseconds(280));
  Run after(shell("exit 0"));
  CHECK(after.outcome.use.cpu_user + after.outcome.use.cpu_system < std::chrono::milliseconds(200));
}

TEST_CASE("the processor time of one attempt is not counted for the next in its cgroup", "[tree][use]") {
  Bench bench;
  bench.run("process", execution_of(python("import time\nwhile time.process_time() < 0.3: pass")));
  for (int i = 0; i < 8; ++i) {
    const auto outcome = bench.run("process", execution_of(shell("exit 0")));
    CHECK(outcome.use.cpu_user + outcome.use.cpu_system < std::chrono::milliseconds(200));
  }
}

TEST_CASE("the memory of a body that stays below the daemon's own peak is seen while it runs", "[use]") {
  const std::vector<char> our_own_peak(64 << 20, 'x');
  Run run(shell("sleep 0.2"));
  CHECK(run.outcome.use.max_rss_kib > 0);
  CHECK(run.outcome.use.max_rss_kib < own_peak_kib() / 2);
  CHECK(our_own_peak.back() == 'x');
}

TEST_CASE("the memory of a body that needs more than the daemon ever did is exact", "[use]") {
  const auto wanted = own_peak_kib() * 1024 + (64 << 20);
  Run run(python("x = bytearray(b'x') * " + std::to_string(wanted)));
  CHECK(run.outcome.use.max_rss_kib > wanted / 1024);
  CHECK(run.outcome.use.max_rss_kib < wanted / 1024 + (64 << 10));
}

TEST_CASE("what goes to storage is counted in bytes", "[use]") {
  const std::string file = fs::temp_directory_path() / ("reeve-io-" + std::to_string(::getpid()));
  struct statfs about{};
  if (::statfs(fs::temp_directory_path().c_str(), &about) != 0 || about.f_type == TMPFS_MAGIC) {
    WARN("temporary files do not go to storage here: nothing was tried");
    return;
  }
  Run run(shell("head -c 1048576 /dev/zero > " + file));
  fs::remove(file);
  CHECK(run.outcome.use.write_bytes >= 1 << 20);
  CHECK(run.outcome.use.write_bytes < 2 << 20);
}
