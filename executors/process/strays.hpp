// What a dead incarnation of this store left behind when it could not clean up any more. Only for the time before the first claim: it
// blocks, up to five seconds.
#pragma once

#include <string>
#include <vector>

#include "executors/outcome.hpp"

namespace reeve::executors::process {

// The folders of the store and, in it, of this incarnation; in one cgroup hierarchy.
struct StoreFolders {
  std::string store{};
  std::string own{};
};

// Kills and returns every process in a cgroup leaf of another incarnation of the store, and every one whose environment names the store and
// another incarnation. Looks again through a pidfd before each kill, so that it never meets a process that merely got the same pid.
[[nodiscard]] std::vector<LeftChild> remove_strays(const std::vector<StoreFolders>& hierarchies, const std::string& store_id,
                                                   const std::string& incarnation);

}  // namespace reeve::executors::process
