// The part of the cgroup v2 hierarchy that a daemon may divide. Tried with the controller that this machine has there, whichever it is.
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "executors/process/cgroup_mount.hpp"
#include "executors/process/delegation.hpp"
#include "executors/process/limits_group.hpp"
#include "tests/unit/executors/bodies.hpp"

using namespace reeve::executors;
using namespace reeve::executors::process;
using namespace reeve::executors::testing;
namespace fs = std::filesystem;

namespace {

// A cgroup of the test's own, with a controller that it could hand down.
class Own {
 public:
  Own() {
    const auto above = own_cgroup_folder(read_file("/proc/self/mountinfo"), read_file("/proc/self/cgroup"));
    std::istringstream(read_file(above + "/cgroup.controllers")) >> controller_;
    if (above.empty() || controller_.empty() || hand_down(above, {controller_}).empty()) return;
    folder_ = above + "/reeve-delegation-test-" + std::to_string(::getpid());
    std::error_code error;
    if (!fs::create_directory(folder_, error)) folder_.clear();
  }
  ~Own() {
    if (folder_.empty()) return;
    ::rmdir((folder_ + "/supervisor").c_str());
    ::rmdir(folder_.c_str());
    // The controller stays handed down from above: another test of this kind may be using it now.
  }
  [[nodiscard]] bool usable() const {
    if (folder_.empty()) WARN("no cgroup v2 with a controller can be made here: nothing was tried");
    return !folder_.empty();
  }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::vector<std::string> controllers() const { return {controller_}; }

 private:
  std::string folder_{};
  std::string controller_{};
};

// In a process that lives in the cgroup.
bool inside(const std::string& folder, const std::function<bool()>& finds) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::ofstream(folder + "/cgroup.procs") << "0" << std::flush;
    ::_exit(finds() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<int> members(const std::string& folder) { return parse_pids(read_file(folder + "/cgroup.procs")); }

}  // namespace

TEST_CASE("a daemon that is alone in a delegated cgroup takes a seat below and hands its controllers down", "[delegation]") {
  const Own own;
  if (!own.usable()) return;
  const bool marked = GENERATE(true, false);   // by systemd; or it is the root of a container
  if (marked) REQUIRE(::setxattr(own.folder().c_str(), "trusted.delegate", "1", 1, 0) == 0);
  CHECK(inside(own.folder(), [&] {
    const auto delegation = take_delegation(own.folder(), !marked, own.controllers());
    return delegation.controllers == own.controllers() && delegation.why.empty() && delegation.folder == own.folder() &&
           members(own.folder()).empty() && members(own.folder() + "/supervisor") == std::vector<int>{::getpid()} &&
           take_delegation(own.folder() + "/supervisor", !marked, own.controllers()).folder == own.folder();   // found again
  }));
}

TEST_CASE("a daemon stays where it is when the cgroup is not its own", "[delegation]") {
  const Own own;
  if (!own.usable()) return;
  CHECK(inside(own.folder(), [&] {
    const auto delegation = take_delegation(own.folder(), false, own.controllers());
    return delegation.controllers.empty() && delegation.why.find("not delegated") != std::string::npos &&
           members(own.folder()) == std::vector<int>{::getpid()} && !fs::exists(own.folder() + "/supervisor");
  }));
}

TEST_CASE("a daemon stays where it is when others live there", "[delegation]") {
  const Own own;
  if (!own.usable()) return;
  CHECK(inside(own.folder(), [&] {
    return inside(own.folder(), [&] {
      const auto delegation = take_delegation(own.folder(), true, own.controllers());
      return delegation.controllers.empty() && delegation.why.find("other processes live in") != std::string::npos && members(own.folder()).size() == 2;
    });
  }));
}

TEST_CASE("a hierarchy without controllers for limits is said to be so", "[delegation]") {
  const Own own;
  if (!own.usable()) return;
  const auto delegation = take_delegation(own.folder(), true, {"no-such-controller"});
  CHECK(delegation.controllers.empty());
  CHECK(delegation.why.find("has no controllers for limits") != std::string::npos);
}

// The words of the files; what the kernel makes of them is tried where it has the controllers.
TEST_CASE("in v2 all limits of a body are written into its one leaf", "[delegation][limits]") {
  const fs::path folder = fs::temp_directory_path() / ("reeve-leaf-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto put = [&](const char* file, const char* text) { std::ofstream(folder / file) << text; };
  for (const char* file : {"cgroup.events", "cgroup.procs", "memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max"}) put(file, "");
  put("memory.events", "low 0\noom 0\noom_kill 2\noom_group_kill 0\n");
  put("memory.peak", "1048576\n");
  const Holder v2{Hierarchy::v2, {}, {}, folder};
  LimitControllers controllers({v2, v2, v2});
  Limits limits;
  limits.memory_bytes = 5 << 20;
  limits.processes = 7;
  limits.cpus = 1.5;
  CHECK(controllers.wants_leaf(limits));
  CHECK_FALSE(controllers.wants_leaf(Limits{}));
  {
    const Leaf leaf(folder);
    auto group = controllers.make(limits, leaf);
    CHECK(group.error() == 0);
    CHECK(group.entrances().empty());   // the child is born inside
    CHECK(read_file(folder / "memory.max") == "5242880");
    CHECK(read_file(folder / "memory.swap.max") == "0");
    CHECK(read_file(folder / "memory.oom.group") == "1");
    CHECK(read_file(folder / "pids.max") == "7");
    CHECK(read_file(folder / "cpu.max") == "150000 100000");
    CHECK(group.oom_kills() == 0);
    put("memory.events", "low 0\noom 1\noom_kill 5\noom_group_kill 1\n");
    CHECK(group.oom_kills() == 3);
    CHECK(group.peak_bytes() == 1048576);
    group.shut();
    CHECK(read_file(folder / "pids.max") == "0");
    controllers.give_back(std::move(group));
  }
  fs::remove(folder / "pids.max");
  const auto failed = controllers.make(limits, Leaf(folder));
  CHECK(failed.error() == ENOENT);
  CHECK(failed.what() == "pids.max");
  fs::remove_all(folder);
}
