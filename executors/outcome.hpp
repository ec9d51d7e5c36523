// How an attempt ended, as a value. Nothing a handler does is an exception.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reeve::executors {

// Why the supervisor ended an attempt before it ended by itself.
enum class StopReason { cancel, timeout, stalled, shutdown, lease_lost };
[[nodiscard]] std::string_view name(StopReason reason);

// What the handler said, or what its exit meant.
struct Succeeded { std::string result{}; };                               // JSON bytes; empty when it gave none
struct Failed {
  std::string code{};                                                     // the handler's word, or "exit", "timeout", ...
  std::string message{};
  std::string detail{};                                                   // JSON bytes or empty
  std::optional<std::chrono::system_clock::time_point> retry_at{};        // the handler asked for this moment
};
struct Rejected { std::string code{}; std::string message{}; std::string detail{}; };  // permanent
struct Snoozed { std::chrono::milliseconds for_{}; };
struct Suspended {};                                                      // it waits without a process for what it asked for (request.hpp)
struct Crashed { int signal = 0; bool core = false; bool oom = false; };  // died by a signal that was not ours
struct Stopped { StopReason reason{}; };                                  // the supervisor stopped it and it did not finish first
struct SpawnFailed { std::string step{}; int error = 0; std::string message{}; };  // the body never ran
struct ProtocolError { std::string message{}; };                          // it broke the protocol and was killed

using End = std::variant<Succeeded, Failed, Rejected, Snoozed, Suspended, Crashed, Stopped, SpawnFailed, ProtocolError>;

// As the kernel told it. Both absent when there was no process.
struct ExitStatus {
  std::optional<int> code{};
  std::optional<int> signal{};
  bool core = false;
};

struct ResourceUse {
  std::chrono::microseconds cpu_user{};
  std::chrono::microseconds cpu_system{};
  std::int64_t max_rss_kib = 0;    // of the whole tree where a cgroup limits its memory, of its largest process otherwise; 0: not known
  std::int64_t read_bytes = 0;
  std::int64_t write_bytes = 0;
  std::int64_t output_bytes = 0;   // stdout and stderr together, before any cap
  std::int64_t dropped_bytes = 0;  // what the cap took away
};

// A process that the body left behind and that was killed before the outcome was given.
struct LeftChild {
  std::int64_t pid = 0;
  std::string command{};
};

struct Outcome {
  End end{};
  ExitStatus exit{};
  ResourceUse use{};
  std::vector<LeftChild> left_children{};
  std::string stderr_tail{};       // valid UTF-8, at most 4 KiB
};

}  // namespace reeve::executors
