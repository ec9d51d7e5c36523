// How an attempt ended, from what the kernel and the handler said. Pure. The table, first match counts:
//
//   the protocol was broken                         ProtocolError
//   it had been told to suspend, and a signal       Suspended
//   a signal, by our stop                           Stopped
//   a signal, not ours                              Crashed
//   a message and exit 0                            what the message says (completion first, even under a stop)
//   it had been told to suspend and said nothing    Suspended (however it ended: what it waits for is on record)
//   anything else under a stop                      Stopped
//   error, reject or snooze and another exit        what the message says
//   a result and another exit                       Failed "exit"
//   no message: exit_codes of the handler, then     0 Succeeded; 75 Failed "tempfail"; 64 65 77 78 Rejected "exit";
//                                                   126 127 SpawnFailed "exec" (a shell's word for it); others Failed "exit"
#pragma once

#include <map>
#include <optional>
#include <string>

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/protocol/message.hpp"

namespace reeve::executors::process {

struct Ending {
  ExitStatus exit{};
  std::optional<protocol::Terminal> said{};
  std::optional<StopReason> stop{};        // asked for while the body still ran
  int stop_signal = 15;
  std::optional<std::string> broken{};     // how it broke the protocol
  bool oom = false;
  bool suspending = false;                 // it was told to suspend
  std::string printed{};                   // the result when it is taken from stdout, JSON bytes
};

[[nodiscard]] End classify(Ending ending, const std::map<int, ExitMeaning>& exit_codes);

// What stdout means as a result: its JSON, or its text as a JSON string; a last newline does not count.
[[nodiscard]] std::string printed_result(std::string bytes);

}  // namespace reeve::executors::process
