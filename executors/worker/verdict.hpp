// How an attempt at a warm worker ended, from what was said and what happened to the worker. Pure. First match counts:
//
//   this attempt or its worker broke the protocol    ProtocolError
//   a message, and no stop                           what it says
//   a message under a stop                           what it says when that is success or suspension, else Stopped
//   the worker ended, after "suspend"                Suspended: what it waits for is on record
//   it was killed for this attempt's stop            Stopped
//   it was told to end, for another attempt's sake   Stopped "shutdown": an interruption, which costs nothing
//   it died by a signal                              Crashed
//   it exited                                        Stopped under a stop, else Failed "worker_exit"
#pragma once

#include <optional>
#include <string>

#include "executors/outcome.hpp"
#include "executors/protocol/message.hpp"

namespace reeve::executors::worker {

struct Death {
  ExitStatus exit{};
  bool asked = false;                               // we killed it or asked it to end
  bool oom = false;
};

struct Facts {
  std::optional<std::string> broken{};
  std::optional<protocol::Terminal> said{};         // accepted
  std::optional<StopReason> stop{};
  bool suspending = false;                          // it was told to suspend
  std::optional<Death> death{};                     // of the worker while it had the task
};

[[nodiscard]] End verdict(Facts facts);

}  // namespace reeve::executors::worker
