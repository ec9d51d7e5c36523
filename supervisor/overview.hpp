// What the supervisor shows of itself: plain values, taken at one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/make.hpp"
#include "store/store.hpp"
#include "supervisor/core/resources.hpp"

namespace reeve::supervisor {

// Where the daemon is in its life.
enum class Phase { starting, running, draining, stopped };
[[nodiscard]] std::string_view name(Phase phase);

// One body that runs now, from memory: true even when the store lags behind.
struct RunningAttempt {
  store::ClaimKey claim{};
  std::string kind{};
  std::string queue{};
  std::int64_t pid = 0;
  store::Timestamp since{};
  std::optional<store::Timestamp> last_seen{};      // last sign of life of the handler
  bool stale = false;
  std::optional<std::string> stopping{};            // "cancel", "timeout", ... once it was asked to end
  Granted resources{};                              // what it holds
};

struct Usage {
  std::string name{};
  int running = 0;
  std::optional<int> limit{};
  std::optional<int> room{};                        // how many more its executor could begin, when that limits it
  std::optional<store::Rate> rate{};
  std::optional<int> weight{};                      // of a queue
};

struct Overview {
  Phase phase = Phase::starting;
  bool paused_claims = false;                       // drained: nothing is claimed until resumed
  std::int64_t runner = 0;
  std::string runner_name{};
  store::Timestamp started_at{};
  store::Millis drain_timeout{0};                   // how long running attempts may go on when the daemon is told to stop
  Usage global{};
  std::vector<Usage> kinds{};
  std::vector<Usage> queues{};
  std::vector<RunningAttempt> running{};
  std::vector<Resource> resources{};                // all there are; who holds which is said of the attempts
  std::vector<executors::PoolStatus> pools{};       // of warm processes
  std::string trouble{};                            // why health is degraded; empty when it is not
};

}  // namespace reeve::supervisor
