// What an ended attempt means for its task: retry, fail, succeed, cancel. Pure.
//
//   outcome                                     budget        then
//   succeeded                                   attempt       succeeded
//   failed, timed_out, stalled, spawn_failed,   attempt       retried after backoff while attempts are left, else failed
//     protocol_error
//   failed with a code in reject_on, or not in  attempt       failed at once
//     a given retry_on
//   spawn_failed because the machine lacked     interruption  queued again in a second or so: no fault of the task's
//     descriptors, memory or processes
//   rejected, invalid                           attempt       failed at once
//   crashed, oom_killed, lost                   crash         retried after backoff until `crashes` is reached, then failed;
//   interrupted (shutdown)                      interruption  queued again at once, first in line
//   snoozed                                     snooze        queued again at the time asked for
//   suspended                                   -             waiting, until what it waits for comes
//   cancelled                                   -             cancelled
#pragma once

#include "executors/outcome.hpp"
#include "handlers/handler.hpp"
#include "store/store.hpp"

namespace reeve::handlers {

// The full record of the end of an attempt. `dice` in [0,1) is the jitter's chance.
[[nodiscard]] store::Finish decide(const RetryPolicy& policy, const store::Task& task, const executors::Outcome& outcome, store::Timestamp now,
                                   double dice);

// The pause before try number `tries + 1`, `tries` >= 1 having been used. Never below 0 nor above policy.max (jitter included).
[[nodiscard]] store::Millis backoff(const RetryPolicy& policy, int tries, double dice);

}  // namespace reeve::handlers
