// Where our own cgroup is. Found through mountinfo: the hierarchies are not always below /sys/fs/cgroup, and a container sees a part of them.
#pragma once

#include <string>
#include <string_view>

namespace reeve::executors::process {

// Our own cgroup in the v2 hierarchy, as a folder; empty when there is none. The arguments are the contents of /proc/self/mountinfo and
// /proc/self/cgroup.
[[nodiscard]] std::string own_cgroup_folder(const std::string& mountinfo, const std::string& cgroups);

// The same in the v1 hierarchy that has the controller ("memory", "pids", "cpu").
[[nodiscard]] std::string own_cgroup_folder(const std::string& mountinfo, const std::string& cgroups, std::string_view controller);

// "reeve-<store id>" and the like: one folder, whatever the id holds.
[[nodiscard]] std::string cgroup_name_of(std::string_view id);

}  // namespace reeve::executors::process
