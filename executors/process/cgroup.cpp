#include "executors/process/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "executors/process/cgroup_file.hpp"
#include "executors/process/cgroup_mount.hpp"
#include "executors/process/delegation.hpp"
#include "executors/process/launch.hpp"
#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

constexpr int flags = O_RDONLY | O_CLOEXEC;

void leave_at_once(void*, int join) { leave(join < 0 ? 0 : 1); }

// Whether a child can really be born in a leaf; permission to make a folder is not yet permission to fill it.
int try_to_populate(const Leaf& leaf) {
  const Launched child = launch(&leave_at_once, nullptr, leaf.folder());
  if (child.pid < 0) return child.error;
  ::close(child.pidfd);
  ::waitpid(child.pid, nullptr, 0);
  return 0;
}

}  // namespace

Leaf::Leaf(std::string path) : path_(std::move(path)) {
  if (::mkdir(path_.c_str(), 0755) != 0 && errno != EEXIST) {
    error_ = errno;
    return;
  }
  folder_ = Descriptor(::open(path_.c_str(), flags | O_DIRECTORY));
  events_ = Descriptor(folder_ ? ::openat(folder_.get(), "cgroup.events", flags) : -1);
  cpu_ = Descriptor(events_ ? ::openat(folder_.get(), "cpu.stat", flags) : -1);
  if (events_) return;
  error_ = errno;
  folder_.close();
  ::rmdir(path_.c_str());
}

bool Leaf::populated() const {
  std::array<char, 128> text;
  const auto count = ::pread(events_.get(), text.data(), text.size(), 0);
  return count > 0 && std::string_view(text.data(), static_cast<std::size_t>(count)).find("populated 1") != std::string_view::npos;
}

std::vector<int> Leaf::members() const { return parse_pids(read_cgroup_file(folder_.get(), "cgroup.procs")); }

CpuTime Leaf::cpu() const {
  std::array<char, 512> text;
  const auto count = ::pread(cpu_.get(), text.data(), text.size(), 0);
  if (count <= 0) return {};
  const std::string_view lines(text.data(), static_cast<std::size_t>(count));
  return {std::chrono::microseconds(number_of(lines, "user_usec")), std::chrono::microseconds(number_of(lines, "system_usec"))};
}

void Leaf::kill() {
  spent_ = true;
  if (write_cgroup_file(folder_.get(), "cgroup.kill", "1") == 0) return;
  for (const int pid : members()) {   // no descriptor is left for the file, or the kernel is before 5.14
    const Descriptor pidfd = open_pidfd(pid);
    const auto now = members();
    if (pidfd && std::find(now.begin(), now.end(), pid) != now.end()) send_signal(pidfd, SIGKILL);
  }
}

void Leaf::close() {
  cpu_.close();
  events_.close();
  folder_.close();
}

CgroupPool::CgroupPool(const Options& options) {
  if (!options.cgroups) {
    why_ = "switched off; process groups and the subreaper are used";
    return;
  }
  const std::string cgroups = read_file("/proc/self/cgroup");
  const std::string ours = own_cgroup_folder(read_file("/proc/self/mountinfo"), cgroups);
  if (ours.empty()) {
    why_ = "no cgroup v2 hierarchy is mounted; process groups and the subreaper are used";
    return;
  }
  const bool container_root = ("\n" + cgroups).find("\n0::/\n") != std::string::npos;
  Delegation delegation = take_delegation(ours, container_root);
  controllers_ = std::move(delegation.controllers);
  why_no_controllers_ = std::move(delegation.why);
  store_folder_ = delegation.folder + "/reeve-" + cgroup_name_of(options.store_id);
  own_folder_ = store_folder_ + "/" + cgroup_name_of(options.incarnation);
  probe(options.slots);
  if (!available_) why_ += "; process groups and the subreaper are used";
}

void CgroupPool::probe(int slots) {
  if (::mkdir(store_folder_.c_str(), 0755) != 0 && errno != EEXIST) {
    why_ = problem_of(store_folder_, errno);
    return;
  }
  if (const int error = make_folder_of_own(own_folder_); error != 0) {
    why_ = problem_of(own_folder_, error);
    return;
  }
  controllers_ = hand_down(own_folder_, hand_down(store_folder_, controllers_));
  for (int i = 0; i < slots; ++i) {
    Leaf leaf = make();
    const int error = leaf ? (i == 0 ? try_to_populate(leaf) : 0) : leaf.error();
    if (error != 0) {
      why_ = problem_of(leaf.path(), error);
      retire(std::move(leaf));
      return;
    }
    free_.push_back(std::move(leaf));
  }
  kept_ = free_.size();
  available_ = true;
  why_ = own_folder_;
}

CgroupPool::~CgroupPool() {
  for (Leaf& leaf : free_) retire(std::move(leaf));
  retired_.remove_all();
  if (own_folder_.empty()) return;
  ::rmdir(own_folder_.c_str());
  ::rmdir(store_folder_.c_str());
}

void CgroupPool::retire(Leaf leaf) {
  leaf.close();
  retired_.add(leaf.path());
}

Leaf CgroupPool::make() { return Leaf(own_folder_ + "/" + std::to_string(made_++)); }

bool CgroupPool::has_controller(std::string_view name) const {
  return available_ && std::find(controllers_.begin(), controllers_.end(), name) != controllers_.end();
}

// Its limits and figures are one attempt's alone: it is not used again.
Leaf CgroupPool::take_fresh() {
  Leaf leaf = make();
  leaf.spend();
  return leaf;
}

Leaf CgroupPool::take() {
  if (free_.empty()) return make();
  Leaf leaf = std::move(free_.back());
  free_.pop_back();
  return leaf;
}

void CgroupPool::give_back(Leaf leaf) {
  const bool keep = !leaf.spent() && free_.size() < kept_;
  if (keep) free_.push_back(std::move(leaf));
  else retire(std::move(leaf));
}

}  // namespace reeve::executors::process
