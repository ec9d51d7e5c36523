#include "executors/process/limits_group.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <utility>

#include "executors/process/cgroup_file.hpp"
#include "executors/process/cgroup_mount.hpp"
#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

constexpr std::array every{Resource::memory, Resource::processes, Resource::processors};
constexpr std::int64_t period_us = 100'000;

struct Words { const char* controller; const char* v1_file; };

Words words_of(Resource resource) {
  switch (resource) {
    case Resource::memory: return {"memory", "memory.limit_in_bytes"};
    case Resource::processes: return {"pids", "pids.max"};
    case Resource::processors: return {"cpu", "cpu.cfs_quota_us"};
  }
  return {"", ""};
}

std::int64_t quota_us(double cpus) { return std::max<std::int64_t>(1000, std::llround(cpus * static_cast<double>(period_us))); }

bool is_there(int folder, const char* file) { return ::faccessat(folder, file, W_OK, 0) == 0; }

// The folders of the store and of this incarnation are made at once: who may not make them may not limit.
Holder v1_holder(const Options& options, const std::string& mountinfo, const std::string& cgroups, Resource resource) {
  const Words words = words_of(resource);
  const std::string ours = own_cgroup_folder(mountinfo, cgroups, words.controller);
  Holder holder;
  if (ours.empty()) return holder.why = std::string("no cgroup hierarchy with the controller ") + words.controller + " is mounted", holder;
  holder.store_folder = ours + "/reeve-" + cgroup_name_of(options.store_id);
  holder.own_folder = holder.store_folder + "/" + cgroup_name_of(options.incarnation);
  if (::mkdir(holder.store_folder.c_str(), 0755) != 0 && errno != EEXIST) return holder.why = problem_of(holder.store_folder, errno), holder;
  if (const int error = make_folder_of_own(holder.own_folder); error != 0) return holder.why = problem_of(holder.own_folder, error), holder;
  holder.why = holder.own_folder;
  if (::access((holder.own_folder + "/" + words.v1_file).c_str(), W_OK) == 0) holder.hierarchy = Hierarchy::v1;
  else holder.why = problem_of(holder.own_folder + "/" + words.v1_file, errno);
  return holder;
}

}  // namespace

bool declares(const Limits& limits, Resource resource) {
  switch (resource) {
    case Resource::memory: return limits.memory_bytes.has_value();
    case Resource::processes: return limits.processes.has_value();
    case Resource::processors: return limits.cpus.has_value();
  }
  return false;
}

std::vector<int> LimitsGroup::entrances() const {
  std::vector<int> all;
  for (const Part& part : parts_) {
    if (part.entrance) all.push_back(part.entrance.get());
  }
  return all;
}

void LimitsGroup::close_entrances() {
  for (Part& part : parts_) part.entrance.close();
}

std::vector<int> LimitsGroup::members() const {
  std::vector<int> all;
  for (const Part& part : parts_) {
    if (!part.folder) continue;
    const auto some = parse_pids(read_cgroup_file(part.folder.get(), "cgroup.procs"));
    all.insert(all.end(), some.begin(), some.end());
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

int LimitsGroup::folder_of(Resource resource) const {
  if (!holds(resource)) return -1;
  const Part& part = parts_[static_cast<std::size_t>(resource)];
  return part.folder ? part.folder.get() : leaf_;
}

void LimitsGroup::shut() const {
  if (holds(Resource::processes)) (void)write_cgroup_file(folder_of(Resource::processes), "pids.max", "0");
}

std::int64_t LimitsGroup::oom_kills() const {
  if (!holds(Resource::memory)) return 0;
  const bool v1 = static_cast<bool>(parts_[static_cast<std::size_t>(Resource::memory)].folder);
  return number_of(read_cgroup_file(folder_of(Resource::memory), v1 ? "memory.oom_control" : "memory.events"), "oom_kill") - oom_kills_before_;
}

std::int64_t LimitsGroup::peak_bytes() const {
  if (!holds(Resource::memory)) return 0;
  const bool v1 = static_cast<bool>(parts_[static_cast<std::size_t>(Resource::memory)].folder);
  const std::string text = read_cgroup_file(folder_of(Resource::memory), v1 ? "memory.max_usage_in_bytes" : "memory.peak");
  return text.empty() ? 0 : std::atoll(text.c_str());
}

void LimitsGroup::set(int folder, const char* file, const std::string& value) {
  const int error = error_ == 0 ? write_cgroup_file(folder, file, value) : 0;
  if (error == 0) return;
  error_ = error;
  what_ = file;
}

// Swap would only make a body that is over its limit slow, and the machine with it. When memory runs out v2 ends the whole body, not some
// process of it.
void LimitsGroup::hold(Resource resource, const Limits& limits, int v2_folder) {
  held_[static_cast<std::size_t>(resource)] = true;
  if (v2_folder >= 0) leaf_ = v2_folder;
  const int folder = folder_of(resource);
  const bool v2 = v2_folder >= 0;
  switch (resource) {
    case Resource::memory: {
      const std::string bytes = std::to_string(*limits.memory_bytes);
      set(folder, v2 ? "memory.max" : "memory.limit_in_bytes", bytes);
      const char* swap = v2 ? "memory.swap.max" : "memory.memsw.limit_in_bytes";
      if (is_there(folder, swap)) set(folder, swap, v2 ? "0" : bytes);
      if (v2 && is_there(folder, "memory.oom.group")) set(folder, "memory.oom.group", "1");
      oom_kills_before_ = oom_kills();
      break;
    }
    case Resource::processes: set(folder, "pids.max", std::to_string(*limits.processes)); break;
    case Resource::processors: {
      const std::string quota = std::to_string(quota_us(*limits.cpus));
      if (!v2) set(folder, "cpu.cfs_period_us", std::to_string(period_us));
      set(folder, v2 ? "cpu.max" : "cpu.cfs_quota_us", v2 ? quota + " " + std::to_string(period_us) : quota);
      break;
    }
  }
}

LimitControllers::LimitControllers(const Options& options, const CgroupPool& cgroups) {
  const std::string mountinfo = read_file("/proc/self/mountinfo");
  const std::string memberships = read_file("/proc/self/cgroup");
  for (const Resource resource : every) {
    Holder& holder = holders_[static_cast<std::size_t>(resource)];
    if (!options.cgroups) holder.why = "cgroups are switched off";
    else if (cgroups.has_controller(words_of(resource).controller)) holder = {Hierarchy::v2, {}, {}, cgroups.own_folder()};
    else holder = v1_holder(options, mountinfo, memberships, resource);
    const bool worth_saying = holder.hierarchy == Hierarchy::none && !cgroups.why_no_controllers().empty();
    if (worth_saying) holder.why += "; v2: " + cgroups.why_no_controllers();
  }
}

LimitControllers::~LimitControllers() {
  retired_.remove_all();
  for (const Holder& holder : holders_) {
    if (holder.own_folder.empty()) continue;
    ::rmdir(holder.own_folder.c_str());
    ::rmdir(holder.store_folder.c_str());
  }
}

bool LimitControllers::wants_leaf(const Limits& limits) const {
  return std::any_of(every.begin(), every.end(),
                     [&](Resource resource) { return declares(limits, resource) && holder(resource).hierarchy == Hierarchy::v2; });
}

void LimitControllers::make_part(LimitsGroup& group, Resource resource) {
  auto& part = group.parts_[static_cast<std::size_t>(resource)];
  part.path = holder(resource).own_folder + "/" + std::to_string(made_++);
  const bool made = ::mkdir(part.path.c_str(), 0755) == 0;
  if (made) part.folder = Descriptor(::open(part.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (part.folder) part.entrance = Descriptor(::openat(part.folder.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
  if (part.entrance) return;
  group.error_ = errno;
  group.what_ = part.path;
}

LimitsGroup LimitControllers::make(const Limits& limits, const Leaf& leaf) {
  LimitsGroup group;
  for (const Resource resource : every) {
    const Hierarchy hierarchy = holder(resource).hierarchy;
    if (!declares(limits, resource) || hierarchy == Hierarchy::none || group.error_ != 0) continue;
    if (hierarchy == Hierarchy::v1) make_part(group, resource);
    if (group.error_ == 0) group.hold(resource, limits, hierarchy == Hierarchy::v2 ? leaf.folder() : -1);
  }
  return group;
}

void LimitControllers::give_back(LimitsGroup group) {
  for (auto& part : group.parts_) {
    part.folder.close();
    part.entrance.close();
    if (!part.path.empty()) retired_.add(std::move(part.path));
  }
}

}  // namespace reeve::executors::process
