#include "handlers/decide.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace reeve::handlers {

namespace {

using store::Budget;
using store::TaskError;

store::Timestamp later(store::Timestamp at, store::Millis by) {
  const auto room = store::Millis::max() - std::max(at.time_since_epoch(), store::Millis{0});
  return at + std::clamp(by, store::Millis{0}, room);
}

bool lists(const std::vector<std::string>& codes, const std::string& code) { return std::find(codes.begin(), codes.end(), code) != codes.end(); }

bool retryable(const RetryPolicy& policy, const std::string& code) {
  if (lists(policy.reject_on, code)) return false;
  return policy.retry_on.empty() || lists(policy.retry_on, code);
}

std::string with_default(std::string text, std::string_view otherwise) { return text.empty() ? std::string{otherwise} : std::move(text); }

std::string signal_message(const executors::Crashed& crashed) {
  if (crashed.oom) return "killed by the kernel: out of memory; raise limits.memory or make the handler smaller";
  return "died by signal " + std::to_string(crashed.signal) + (crashed.core ? " (core dumped)" : "");
}

// What the machine lacked before the body could be made. In exec the same words are the handler's own: its limits, its program.
bool is_shortage(const executors::SpawnFailed& end) {
  const bool lacking = end.error == EMFILE || end.error == ENFILE || end.error == ENOMEM || end.error == EAGAIN;
  return lacking && end.step != "exec";
}

// Reads as the table in the header, a row a function. Each fills in outcome, error code and message, and what comes next.
struct Decision {
  const RetryPolicy& policy;
  const store::Task& task;
  const executors::Outcome& outcome;
  const store::Timestamp now;
  const double dice;
  store::Finish finish{};

  void operator()(const executors::Succeeded& end) {
    finish.outcome = store::Outcome::succeeded;
    finish.next = store::Succeed{end.result};
  }

  void operator()(const executors::Failed& end) {
    failed(store::Outcome::failed, with_default(end.code, "failed"), with_default(end.message, "the handler failed"), end.detail);
    if (auto* requeue = std::get_if<store::Requeue>(&finish.next); requeue && end.retry_at)
      requeue->at = std::max(now, std::chrono::floor<store::Millis>(*end.retry_at));
  }

  void operator()(const executors::Rejected& end) {
    finish.outcome = store::Outcome::rejected;
    explain(with_default(end.code, "rejected"), with_default(end.message, "the handler rejected the task"), end.detail);
    finish.next = store::Fail{};
  }

  void operator()(const executors::Snoozed& end) {
    finish.outcome = store::Outcome::snoozed;
    finish.next = store::Requeue{later(now, end.for_), Budget::snooze};
  }

  void operator()(const executors::Suspended&) {
    finish.outcome = store::Outcome::suspended;
    finish.next = store::Suspend{};
  }

  void operator()(const executors::Crashed& end) {
    crashed(end.oom ? store::Outcome::oom_killed : store::Outcome::crashed, end.oom ? "oom_killed" : "signal", signal_message(end));
    finish.error->signal = end.signal;
    finish.error->core = end.core;
    finish.error->oom = end.oom;
  }

  void operator()(const executors::Stopped& end) {
    switch (end.reason) {
      case executors::StopReason::cancel: return cancelled();
      case executors::StopReason::timeout: return failed(store::Outcome::timed_out, "timeout", "stopped because it ran longer than its timeout");
      case executors::StopReason::stalled:
        return failed(store::Outcome::stalled, "stalled", "stopped because it gave no sign of life for longer than its watchdog allows");
      case executors::StopReason::shutdown: return interrupted();
      case executors::StopReason::lease_lost: return crashed(store::Outcome::lost, "lease_lost", "stopped because its lease could not be renewed");
    }
  }

  void operator()(const executors::SpawnFailed& end) {
    if (is_shortage(end)) return postponed(end);
    failed(store::Outcome::spawn_failed, "spawn_failed", with_default(end.message, "could not be started (" + end.step + ")"));
  }

  void postponed(const executors::SpawnFailed& end) {
    finish.outcome = store::Outcome::spawn_failed;
    explain("shortage", end.message);
    finish.next = store::Requeue{later(now, store::Millis{500} + store::Millis{static_cast<store::Millis::rep>(1'000 * dice)}), Budget::interruption};
  }

  void operator()(const executors::ProtocolError& end) {
    failed(store::Outcome::protocol_error, "protocol_error", with_default(end.message, "broke the protocol"));
  }

  void failed(store::Outcome how, std::string code, std::string message, std::string detail = {}) {
    finish.outcome = how;
    const bool again = retryable(policy, code) && task.attempt < task.max_attempts;
    explain(std::move(code), std::move(message), std::move(detail));
    if (again) finish.next = store::Requeue{later(now, backoff(policy, task.attempt, dice)), Budget::attempt};
    else finish.next = store::Fail{};
  }

  void crashed(store::Outcome how, std::string code, std::string message) {
    finish.outcome = how;
    explain(std::move(code), std::move(message));
    const int crashes = std::min(task.crashes, std::numeric_limits<int>::max() - 1) + 1;
    if (crashes < task.max_crashes) finish.next = store::Requeue{later(now, backoff(policy, crashes, dice)), Budget::crash};
    else finish.next = store::Fail{};
  }

  void cancelled() {
    finish.outcome = store::Outcome::cancelled;
    finish.next = store::Cancel{};
  }

  // Its old run_at lies before that of everything that became due while it ran: it is first in line.
  void interrupted() {
    finish.outcome = store::Outcome::interrupted;
    finish.next = store::Requeue{task.run_at, Budget::interruption};
  }

  void explain(std::string code, std::string message, std::string detail = {}) {
    TaskError error;
    error.code = std::move(code);
    error.message = std::move(message);
    error.detail = std::move(detail);
    error.exit_code = outcome.exit.code;
    error.signal = outcome.exit.signal;
    error.core = outcome.exit.core;
    error.stderr_tail = outcome.stderr_tail;
    finish.error = std::move(error);
  }
};

std::int64_t in_ms(std::chrono::microseconds time) { return std::chrono::duration_cast<store::Millis>(time).count(); }

store::ResourceUse stored(const executors::ResourceUse& use) {
  return {in_ms(use.cpu_user), in_ms(use.cpu_system), use.max_rss_kib, use.read_bytes, use.write_bytes, use.output_bytes, use.dropped_bytes};
}

}  // namespace

store::Finish decide(const RetryPolicy& policy, const store::Task& task, const executors::Outcome& outcome, store::Timestamp now, double dice) {
  Decision decision{policy, task, outcome, now, dice};
  std::visit(decision, outcome.end);
  store::Finish finish = std::move(decision.finish);
  finish.claim = {task.id, task.epoch};
  finish.exit_code = outcome.exit.code;
  finish.use = stored(outcome.use);
  finish.left_children = static_cast<int>(outcome.left_children.size());
  return finish;
}

}  // namespace reeve::handlers
