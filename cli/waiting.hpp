// Waiting for a task, with its progress on stderr when somebody looks.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "cli/session.hpp"

namespace reeve::cli {

// How long a daemon that has answered may be away: it may be restarting.
inline constexpr std::chrono::milliseconds restart_patience{30'000};
// Before a stream that ended is opened again.
inline constexpr std::chrono::milliseconds between_streams{200};

struct Waited {
  bool done = false;
  std::string task{};   // or batch, as JSON, as it was last seen
};

enum class Daemon { not_seen, has_answered };

// `path` as path_of_task() gives it. Ends when the task is terminal or the time is over. A daemon that has answered and goes away is waited
// for a while: it may be restarting. Throws Problem, api::Unreachable.
[[nodiscard]] Waited wait_for(Session& session, const std::string& path, std::optional<std::chrono::milliseconds> timeout, Daemon daemon);

// The same for a batch; `path` is the route that waits.
[[nodiscard]] Waited wait_for_batch(Session& session, const std::string& path, std::optional<std::chrono::milliseconds> timeout);

// "--timeout": throws UsageError.
[[nodiscard]] std::optional<std::chrono::milliseconds> timeout_in(const std::optional<std::string>& word);

// 0 when the task succeeded, 1 otherwise.
[[nodiscard]] int exit_code_of_task(const Object& task);

// Calls `work` again while the daemon is unreachable, for `patience` at most since it went away; then lets api::Unreachable through.
void patiently(Session& session, std::chrono::milliseconds patience, const std::function<void()>& work);

}  // namespace reeve::cli
