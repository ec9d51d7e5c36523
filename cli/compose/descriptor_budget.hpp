// How many files this process may hold open, shared out between attempts and connections: who would go without is told to wait instead.
#pragma once

#include <cstdint>

namespace reeve::cli::compose {

struct DescriptorBudget {
  int attempts = 0;     // bodies at once
  int connections = 0;  // of the API
};

// `limit` is the soft RLIMIT_NOFILE. Neither share is ever below one.
[[nodiscard]] DescriptorBudget share_out(std::uint64_t limit, int wanted_attempts, int wanted_connections);

// Of this process.
[[nodiscard]] std::uint64_t descriptor_limit();

}  // namespace reeve::cli::compose
