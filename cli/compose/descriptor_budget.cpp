#include "cli/compose/descriptor_budget.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace reeve::cli::compose {

namespace {

constexpr std::int64_t own = 48;          // store, readers, log, loop, signals; and the API's reserve for health and short requests
constexpr std::int64_t each_attempt = 13;  // two pipes, the protocol, two pidfds, a page, its cgroup and those of its limits; and the child's ends while it is made
constexpr std::int64_t plenty = 1 << 20;  // so that sums stay small whatever the limit says

}  // namespace

DescriptorBudget share_out(std::uint64_t limit, int wanted_attempts, int wanted_connections) {
  const std::int64_t room = static_cast<std::int64_t>(std::min<std::uint64_t>(limit, plenty)) - own;
  const std::int64_t connections = std::clamp<std::int64_t>(room / 3, 1, wanted_connections);
  const std::int64_t attempts = std::clamp<std::int64_t>((room - connections) / each_attempt, 1, wanted_attempts);
  return {static_cast<int>(attempts), static_cast<int>(connections)};
}

std::uint64_t descriptor_limit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

}  // namespace reeve::cli::compose
