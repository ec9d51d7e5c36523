// What a handler says, understood without any I/O: one JSON object a line. docs/protocol.md lists the messages.
//
// Numbers of progress must be finite: percent is clamped to 0..100, current and total to 0 and more; strings in their place are refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "executors/executor.hpp"
#include "executors/request.hpp"

namespace reeve::executors::protocol {

struct SignOfLife {};
struct ResultMessage { std::string value{}; };                  // JSON bytes; empty when there was no value
struct ErrorMessage {
  std::string code{};
  std::string message{};
  std::string detail{};
  bool retry = true;
  std::optional<std::chrono::system_clock::time_point> retry_at{};
};
struct RejectMessage { std::string code{}; std::string message{}; std::string detail{}; };
struct SnoozeMessage { std::chrono::milliseconds for_{}; };
struct LogMessage { OutputLine line{}; std::optional<double> percent{}; };
struct SuspendMessage {};                                       // it was told to suspend and ends now
struct Ready {};                                                // a worker may be given tasks; of others a sign of life
struct NotAvailable { std::string type{}; };                    // a name that is kept for something there is not yet
struct Fault { std::string what{}; };

using Terminal = std::variant<ResultMessage, ErrorMessage, RejectMessage, SnoozeMessage, SuspendMessage>;

// Of attempts that have a lease: their worker is elsewhere.
struct RenewMessage { std::optional<std::chrono::milliseconds> lease{}; };   // absent: the one it has
struct ReleaseMessage {};                                       // it gives the task back
struct StatusMessage {                                          // of a task that is only tracked here
  std::string stage{};                                          // empty: none is named
  std::string meta{};                                           // of the log's entry about the stage; JSON bytes
  std::optional<Terminal> end{};                                // absent: it still runs
};
using LeaseMessage = std::variant<RenewMessage, ReleaseMessage, StatusMessage>;

struct Message {
  std::variant<SignOfLife, Ready, ProgressReport, LogMessage, Terminal, LeaseMessage, Request, NotAvailable, Fault> body{};
  std::string id{};                                             // JSON bytes of "id"; empty: no answer is wanted
  std::optional<std::int64_t> task{};                           // the attempt it says it is about
  std::optional<std::int64_t> epoch{};
};

// `line` without its newline; anything at all may be in it. A message that asks for something and has no id is a Fault, unless
// `answered_anyway`: it came a way that always brings an answer back.
enum class Channel { stream, answered_anyway };
[[nodiscard]] Message understand(std::string_view line, Channel channel = Channel::stream);

}  // namespace reeve::executors::protocol
