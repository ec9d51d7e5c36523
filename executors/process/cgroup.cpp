#include "executors/process/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <sstream>
#include <system_error>
#include <thread>

#include "executors/process/launch.hpp"
#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

constexpr int flags = O_RDONLY | O_CLOEXEC;

std::string file_name_of(std::string_view id) {
  std::string name(id.empty() ? "unnamed" : id.substr(0, 100));
  std::replace_if(name.begin(), name.end(), [](unsigned char letter) { return !std::isalnum(letter) && letter != '-'; }, '_');
  return name;
}

std::string reason(const std::string& what, int number) { return what + ": " + std::generic_category().message(number); }

void leave_at_once(void*, int join) { leave(join < 0 ? 0 : 1); }

// Whether a child can really be born in a leaf; permission to make a folder is not yet permission to fill it.
int try_to_populate(const Leaf& leaf) {
  const Launched child = launch(&leave_at_once, nullptr, leaf.folder());
  if (child.pid < 0) return child.error;
  ::close(child.pidfd);
  ::waitpid(child.pid, nullptr, 0);
  return 0;
}

// Another set of executors of this process may carry the same name.
int make_own_folder(std::string& folder) {
  const std::string wanted = folder;
  for (int again = 1; ::mkdir(folder.c_str(), 0755) != 0; ++again) {
    if (errno != EEXIST || again > 100) return errno;
    folder = wanted + "." + std::to_string(again);
  }
  return 0;
}

}  // namespace

std::string own_cgroup_folder(const std::string& mountinfo, const std::string& cgroups) {
  std::string inside;
  std::istringstream memberships(cgroups);
  for (std::string line; std::getline(memberships, line);) {
    if (line.starts_with("0::")) inside = line.substr(3);
  }
  if (inside.empty()) return {};
  std::istringstream mounts(mountinfo);
  for (std::string line; std::getline(mounts, line);) {
    const auto separator = line.find(" - cgroup2 ");
    if (separator == std::string::npos) continue;
    std::istringstream fields(line);
    std::string skip, root, mount;
    fields >> skip >> skip >> skip >> root >> mount;
    if (root != "/" && inside.starts_with(root)) inside.erase(0, root.size());   // a part of the hierarchy is mounted
    return inside == "/" ? mount : mount + inside;
  }
  return {};
}

Leaf::Leaf(std::string path) : path_(std::move(path)) {
  if (::mkdir(path_.c_str(), 0755) != 0 && errno != EEXIST) {
    error_ = errno;
    return;
  }
  folder_ = Descriptor(::open(path_.c_str(), flags | O_DIRECTORY));
  events_ = Descriptor(folder_ ? ::openat(folder_.get(), "cgroup.events", flags) : -1);
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

std::string Leaf::read(const char* file) const {
  std::string text;
  const Descriptor opened(::openat(folder_.get(), file, flags));
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; opened && (count = ::read(opened.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text;
}

std::vector<int> Leaf::members() const { return parse_pids(read("cgroup.procs")); }

void Leaf::kill() {
  spent_ = true;
  const Descriptor file(::openat(folder_.get(), "cgroup.kill", O_WRONLY | O_CLOEXEC));
  if (file && ::write(file.get(), "1", 1) == 1) return;
  for (const int pid : members()) {   // no descriptor is left for the file, or the kernel is before 5.14
    const Descriptor pidfd = open_pidfd(pid);
    const auto now = members();
    if (pidfd && std::find(now.begin(), now.end(), pid) != now.end()) send_signal(pidfd, SIGKILL);
  }
}

void Leaf::close() {
  events_.close();
  folder_.close();
}

CgroupPool::CgroupPool(const Options& options) {
  if (!options.cgroups) {
    why_ = "switched off; process groups and the subreaper are used";
    return;
  }
  const std::string ours = own_cgroup_folder(read_file("/proc/self/mountinfo"), read_file("/proc/self/cgroup"));
  if (ours.empty()) {
    why_ = "no cgroup v2 hierarchy is mounted; process groups and the subreaper are used";
    return;
  }
  store_folder_ = ours + "/reeve-" + file_name_of(options.store_id);
  own_folder_ = store_folder_ + "/" + file_name_of(options.incarnation);
  probe(options.slots);
  if (!available_) why_ += "; process groups and the subreaper are used";
}

void CgroupPool::probe(int slots) {
  if (::mkdir(store_folder_.c_str(), 0755) != 0 && errno != EEXIST) {
    why_ = reason(store_folder_, errno);
    return;
  }
  if (const int error = make_own_folder(own_folder_); error != 0) {
    why_ = reason(own_folder_, error);
    return;
  }
  for (int i = 0; i < slots; ++i) {
    Leaf leaf = make();
    const int error = leaf ? (i == 0 ? try_to_populate(leaf) : 0) : leaf.error();
    if (error != 0) {
      why_ = reason(leaf.path(), error);
      retire(std::move(leaf));
      return;
    }
    free_.push_back(std::move(leaf));
  }
  kept_ = free_.size();
  available_ = true;
  why_ = own_folder_;
}

// Waits a little for the last processes; what cannot be removed is empty and is removed by the next incarnation.
CgroupPool::~CgroupPool() {
  for (Leaf& leaf : free_) retire(std::move(leaf));
  for (int tries = 0; !retired_.empty() && tries < 50; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    remove_retired();
  }
  if (own_folder_.empty()) return;
  ::rmdir(own_folder_.c_str());
  ::rmdir(store_folder_.c_str());
}

void CgroupPool::retire(Leaf leaf) {
  leaf.close();
  retired_.push_back(leaf.path());
  remove_retired();
}

void CgroupPool::remove_retired() {
  std::erase_if(retired_, [](const std::string& path) { return ::rmdir(path.c_str()) == 0 || errno == ENOENT; });
}

Leaf CgroupPool::make() { return Leaf(own_folder_ + "/" + std::to_string(made_++)); }

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
