// The part of the cgroup v2 hierarchy that is ours to divide. A cgroup that hands controllers down to its children may not hold processes
// itself, so the daemon moves into a child of its own, `supervisor`: but only when nobody else could mind.
#pragma once

#include <string>
#include <vector>

namespace reeve::executors::process {

struct Delegation {
  std::string folder{};                     // where the attempts' folders belong
  std::vector<std::string> controllers{};   // of the wanted ones, those that its children have
  std::string why{};                        // not all of them
};

inline const std::vector<std::string> limit_controllers{"memory", "pids", "cpu"};

// `own` is the folder of our own cgroup. May move this process into <own>/supervisor: when the cgroup was delegated to us (by systemd, or it
// is the root of a container), has one of the wanted controllers, and nobody else is in it.
[[nodiscard]] Delegation take_delegation(const std::string& own, bool container_root, const std::vector<std::string>& wanted = limit_controllers);

// Hands the controllers down to the children of `folder`, which must hold no process. Gives those that they have now.
[[nodiscard]] std::vector<std::string> hand_down(const std::string& folder, const std::vector<std::string>& controllers);

}  // namespace reeve::executors::process
