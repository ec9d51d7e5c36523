#include "executors/process/strays.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "executors/process/descriptor.hpp"
#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds patience{5000};
constexpr std::chrono::milliseconds step{50};

struct Doomed { LeftChild child{}; Descriptor pidfd{}; };

// The folders below `folder`, deepest first.
std::vector<std::string> folders_below(const std::string& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->is_directory(error) || error) continue;
    const auto below = folders_below(entry->path());
    found.insert(found.end(), below.begin(), below.end());
    found.push_back(entry->path());
  }
  return found;
}

bool is_in(const std::string& cgroup, int pid) {
  const auto members = parse_pids(read_file(cgroup + "/cgroup.procs"));
  return std::find(members.begin(), members.end(), pid) != members.end();
}

void doom(int pid, std::vector<Doomed>& doomed, const std::function<bool()>& still) {
  Doomed one{LeftChild{pid, read_command(pid)}, open_pidfd(pid)};
  if (!one.pidfd || !still()) return;
  send_signal(one.pidfd, SIGKILL);
  doomed.push_back(std::move(one));
}

// A folder of our own process, also under the name that a second set of executors in it would get.
bool is_own(const std::string& folder, const StoreFolders& hierarchy) {
  return folder == hierarchy.own || folder.starts_with(hierarchy.own + "/");
}

std::vector<std::string> foreign_cgroups(const std::vector<StoreFolders>& hierarchies) {
  std::vector<std::string> foreign;
  for (const StoreFolders& hierarchy : hierarchies) {
    auto folders = hierarchy.store.empty() ? std::vector<std::string>{} : folders_below(hierarchy.store);
    std::erase_if(folders, [&](const std::string& folder) { return is_own(folder, hierarchy); });
    foreign.insert(foreign.end(), folders.begin(), folders.end());
  }
  return foreign;
}

bool is_stray(int pid, const std::string& store_mark, const std::string& runner_mark) {
  const std::string environment = read_environment(pid);
  return has_entry(environment, store_mark) && !has_entry(environment, runner_mark) && environment.find("REEVE_RUNNER=") != std::string::npos;
}

// True when all are gone.
bool wait_for(const std::vector<Doomed>& doomed) {
  auto left = patience;
  for (const Doomed& one : doomed) {
    while (!wait_for_exit(one.pidfd.get(), step)) {
      left -= step;
      if (left.count() <= 0) return false;
    }
  }
  return true;
}

}  // namespace

std::vector<LeftChild> remove_strays(const std::vector<StoreFolders>& hierarchies, const std::string& store_id, const std::string& incarnation) {
  std::vector<LeftChild> removed;
  if (store_id.empty()) return removed;
  const std::string store_mark = "REEVE_STORE=" + store_id;
  const std::string runner_mark = "REEVE_RUNNER=" + incarnation;
  const auto foreign = foreign_cgroups(hierarchies);
  for (int round = 0; round < 10; ++round) {   // one that was forking meanwhile is met in the next
    std::vector<Doomed> doomed;
    for (const auto& cgroup : foreign) {
      for (const int pid : parse_pids(read_file(cgroup + "/cgroup.procs"))) doom(pid, doomed, [&] { return is_in(cgroup, pid); });
    }
    for (const int pid : all_processes()) {
      if (pid == ::getpid() || !is_stray(pid, store_mark, runner_mark)) continue;
      doom(pid, doomed, [&] { return is_stray(pid, store_mark, runner_mark); });
    }
    if (doomed.empty()) break;
    const bool gone = wait_for(doomed);
    for (Doomed& one : doomed) removed.push_back(std::move(one.child));
    if (!gone) break;
  }
  for (const auto& cgroup : foreign) ::rmdir(cgroup.c_str());
  return removed;
}

}  // namespace reeve::executors::process
