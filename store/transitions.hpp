// The published state machine of a task: which status may follow which, by which verb.
//
// This table is the only truth: the stores refuse what is not in it, the SQL CHECK lists and the docs are made from it, and the tests
// replay every history against it.
#pragma once

#include <array>
#include <string_view>

#include "store/task.hpp"

namespace reeve::store {

struct Transition {
  Status from;
  Status to;
  std::string_view event;  // the event type that records it
  std::string_view when;   // for the docs
};

inline constexpr std::array transitions{
    Transition{Status::queued, Status::claimed, "task.claimed", "a runner takes it"},
    Transition{Status::queued, Status::cancelled, "task.cancelled", "cancelled, superseded or expired before a start"},
    Transition{Status::claimed, Status::running, "task.started", "its body runs"},
    Transition{Status::claimed, Status::queued, "task.retried", "the attempt ended before it was seen to start; another is due"},
    Transition{Status::claimed, Status::waiting, "task.suspended", "the handler suspended it before it was seen to start"},
    Transition{Status::claimed, Status::succeeded, "task.succeeded", "the attempt ended before it was seen to start"},
    Transition{Status::claimed, Status::failed, "task.failed", "could not be started and no budget is left"},
    Transition{Status::claimed, Status::cancelled, "task.cancelled", "cancelled between claim and start"},
    Transition{Status::running, Status::queued, "task.retried", "another attempt is due"},
    Transition{Status::running, Status::queued, "task.snoozed", "the handler asked for a later moment; no budget is used"},
    Transition{Status::running, Status::waiting, "task.suspended", "the handler suspended it"},
    Transition{Status::running, Status::succeeded, "task.succeeded", "the handler succeeded"},
    Transition{Status::running, Status::failed, "task.failed", "rejected, or no budget is left"},
    Transition{Status::running, Status::cancelled, "task.cancelled", "cancelled and its process tree is gone"},
    Transition{Status::waiting, Status::queued, "task.resumed", "what it waited for came"},
    Transition{Status::waiting, Status::cancelled, "task.cancelled", "cancelled while waiting"},
    Transition{Status::failed, Status::queued, "task.reopened", "an operator retries it: a new generation"},
    Transition{Status::cancelled, Status::queued, "task.reopened", "an operator retries it: a new generation"},
};

[[nodiscard]] constexpr bool may_follow(Status from, Status to) {
  for (const Transition& transition : transitions)
    if (transition.from == from && transition.to == to) return true;
  return false;
}

}  // namespace reeve::store
