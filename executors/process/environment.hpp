// The environment of a body: the handler's own, three defaults, and what the body is told about its attempt. Nothing of the daemon's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "executors/execution.hpp"
#include "executors/make.hpp"

namespace reeve::executors::process {

// What does not change between the attempts of one daemon.
struct Surroundings {
  std::string incarnation{};   // REEVE_RUNNER
  std::string store_id{};      // REEVE_STORE
  std::string socket{};        // REEVE_SOCKET; empty: none
  std::string oom_score{};     // oom_score_adj of the bodies; empty: the daemon's
};

[[nodiscard]] Surroundings surroundings_of(const Options& options);

// "NAME=value" each. Defaults where the handler sets none: PATH=/usr/local/bin:/usr/bin:/bin, LANG=C.UTF-8, HOME the user's home or /.
// A REEVE_ name in the handler's environment gives way to ours. `home` and `payload_file` may be empty.
[[nodiscard]] std::vector<std::string> environment_of(const Execution& execution, const ProcessSpec& spec, const Surroundings& surroundings,
                                                      std::string_view home, std::string_view payload_file);

// Of a warm worker, which is told of each task when it gets it: nothing of one attempt.
struct WorkerIdentity { std::int64_t number = 0; };   // among those of this daemon, REEVE_WORKER_NUMBER
[[nodiscard]] std::vector<std::string> environment_of(WorkerIdentity worker, std::string_view kind, const ProcessSpec& spec,
                                                      const Surroundings& surroundings, std::string_view home);

[[nodiscard]] std::string_view search_path(const ProcessSpec& spec);

}  // namespace reeve::executors::process
