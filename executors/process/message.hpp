// What a handler says on fd 3: one JSON object a line, understood here without any I/O.
//
//   {"type":"ready"}                                       it is set up; a sign of life
//   {"type":"beat"}                                        a sign of life
//   {"type":"progress","percent":40,"current":4,"total":10,"label":"…","meta":{…}}
//   {"type":"log","level":"info","message":"…","kind":"…","meta":{…},"percent":40}
//   {"type":"result","value":…}                            it succeeded
//   {"type":"error","code":"…","message":"…","detail":…,"retry":false,"retry_at":"2026-01-31T08:00:00Z"}
//   {"type":"reject","code":"…","message":"…","detail":…}  it failed for good
//   {"type":"snooze","for_ms":60000}                       not now
//
// `retry_at` is RFC 3339 in UTC or a number of milliseconds since 1970. A message with an `id` is answered. Numbers of progress must be
// finite: percent is clamped to 0..100, current and total to 0 and more; strings in their place are refused. A message that names another
// task or epoch than its own is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "executors/executor.hpp"

namespace reeve::executors::process {

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
struct NotAvailable { std::string type{}; };                    // a known request that this executor does not answer
struct Fault { std::string what{}; };

using Terminal = std::variant<ResultMessage, ErrorMessage, RejectMessage, SnoozeMessage>;

struct Message {
  std::variant<SignOfLife, ProgressReport, LogMessage, Terminal, NotAvailable, Fault> body{};
  std::string id{};                                             // JSON bytes of "id"; empty: no answer is wanted
};

// Whose messages they are.
struct Speaker { std::int64_t task = 0; std::int64_t epoch = 0; };

// `line` without its newline; anything at all may be in it.
[[nodiscard]] Message understand(std::string_view line, const Speaker& speaker);

// What is said to the handler; each with its newline.
[[nodiscard]] std::string cancel_notice(StopReason reason, std::chrono::milliseconds grace);
[[nodiscard]] std::string answer(const Message& message);       // empty when none is wanted

}  // namespace reeve::executors::process
