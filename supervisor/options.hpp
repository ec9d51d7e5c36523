// What the operator may set about the supervisor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/time.hpp"

namespace reeve::supervisor {

// Something of which there are only so many, each with a name of its own: "0", "1", ... unless the operator named them.
struct Resource {
  std::string name{};
  std::vector<std::string> units{};
  bool operator==(const Resource&) const = default;
};

struct Options {
  std::string name{};                          // of this runner; the host name when empty
  int concurrency = 16;                        // bodies at once, all kinds together
  int threads = 4;                             // of the pool for functions of the executor `thread`; read at start
  store::Millis lease{15'000};                 // how long a claim holds without renewal
  store::Millis drain_timeout{30'000};         // how long SIGTERM waits for running attempts before it interrupts them
  store::Millis retention_interval{60'000};    // from the first end after a pass of retention to the next pass
  std::vector<Resource> resources{};           // shared by all kinds
  std::optional<store::Millis> ageing{};       // each such time of waiting counts as one more priority; queues may say otherwise
  bool ad_hoc_commands = true;                 // `reeve run`: whoever may enqueue may run commands as the daemon's user
};

}  // namespace reeve::supervisor
