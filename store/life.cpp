#include "store/life.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "store/event_data.hpp"
#include "store/fingerprint.hpp"
#include "store/transitions.hpp"

namespace reeve::store {
namespace {

void move_to(Task& task, Status next) {
  if (!may_follow(task.status, next)) {
    throw std::logic_error("task " + std::to_string(number(task.id)) + ": " + std::string(name(next)) + " may not follow " +
                           std::string(name(task.status)) + " (store/transitions.hpp)");
  }
  task.status = next;
}

bool is_crash(Outcome outcome) { return outcome == Outcome::crashed || outcome == Outcome::oom_killed || outcome == Outcome::lost; }

// Only Budget::attempt uses up a try; every other budget gives it back.
void charge(Task& task, Budget budget) {
  if (budget == Budget::attempt) return;
  task.attempt -= 1;
  if (budget == Budget::crash) task.crashes += 1;
  if (budget == Budget::interruption) task.interruptions += 1;
  if (budget == Budget::snooze) task.snoozes += 1;
}

void forget_cancel(Task& task) {
  task.cancel_requested_at.reset();
  task.cancel_reason.clear();
  task.superseded_by.reset();
}

void forget_progress(Task& task) {
  task.progress.reset();
  task.progress_at.reset();
}

void leave_runner(Task& task) {
  task.runner = 0;
  task.lease_expires_at.reset();
  task.stale_at.reset();
  task.stale_reason.clear();
}

NextState settle(const Task& task, const NextState& wanted) {
  if (!task.cancel_requested_at || std::holds_alternative<Succeed>(wanted)) return wanted;
  Cancel cancel;
  if (const auto* given = std::get_if<Cancel>(&wanted)) cancel = *given;
  if (task.superseded_by) cancel.code = superseded_code;
  return cancel;
}

struct Settle {
  Task& task;
  const Finish& finish;
  Timestamp now;
  std::string_view event{};

  void operator()(const Succeed& succeed) {
    move_to(task, Status::succeeded);
    task.result = succeed.result.empty() ? std::optional<std::string>{} : succeed.result;
    if (task.progress) task.progress->percent = 100;
    event = "task.succeeded";
  }
  void operator()(const Requeue& requeue) {
    move_to(task, Status::queued);
    charge(task, requeue.budget);
    task.run_at = requeue.at;
    if (finish.error) task.error = with_fingerprint(*finish.error);
    forget_progress(task);
    event = requeue.budget == Budget::snooze ? "task.snoozed" : "task.retried";
  }
  void operator()(const Fail&) {
    move_to(task, Status::failed);
    if (is_crash(finish.outcome)) charge(task, Budget::crash);
    if (finish.error) task.error = with_fingerprint(*finish.error);
    event = "task.failed";
  }
  void operator()(const Cancel& cancel) {
    move_to(task, Status::cancelled);
    TaskError error = finish.error.value_or(TaskError{});
    error.code = cancel.code;
    if (error.message.empty()) error.message = task.cancel_reason;
    task.error = with_fingerprint(std::move(error));
    event = "task.cancelled";
  }
  void operator()(const Suspend&) {
    move_to(task, Status::waiting);
    task.attempt -= 1;
    event = "task.suspended";
  }
};

std::string_view word(LostBy cause) { return cause == LostBy::lease ? "lease_expired" : "runner_dead"; }

constexpr char token_separator = '\x1f';  // no kind holds it

std::string token_of(std::string_view kind, KeyScope scope, std::string_view key) {
  std::string token;
  if (scope == KeyScope::kind) token = kind;
  token += token_separator;
  token += key;
  return token;
}

double percent_of(double value) { return std::isfinite(value) ? std::clamp(value, 0.0, 100.0) : 0.0; }

std::optional<double> finite(std::optional<double> value) { return value && std::isfinite(*value) ? value : std::nullopt; }

}  // namespace

Task make_task(TaskId id, const NewTask& fresh, Timestamp now) {
  Task task;
  task.id = id;
  task.kind = fresh.kind;
  task.queue = fresh.queue;
  task.priority = fresh.priority;
  task.payload = fresh.payload;
  task.metadata = fresh.metadata;
  task.overrides = fresh.overrides;
  task.labels = fresh.labels;
  task.external_id = fresh.external_id;
  task.dedupe = fresh.dedupe;
  task.traceparent = fresh.traceparent;
  task.created_by = fresh.created_by;
  task.parent = fresh.parent;
  task.rerun_of = fresh.rerun_of;
  task.max_attempts = fresh.max_attempts;
  task.max_crashes = fresh.max_crashes;
  task.created_at = now;
  task.run_at = fresh.run_at.value_or(now);
  task.expires_at = fresh.expires_at;
  task.concurrency = fresh.concurrency;
  task.supersede_key = fresh.supersede_key;
  task.order_key = fresh.order_key;
  task.fair_key = fresh.fair_key;
  task.schedule = fresh.schedule;
  task.tick = fresh.tick;
  task.batch = fresh.batch;
  return task;
}

std::optional<std::string> dedupe_token(std::string_view kind, const std::optional<Dedupe>& dedupe) {
  if (!dedupe) return std::nullopt;
  return token_of(kind, dedupe->scope, dedupe->key);
}

std::optional<Timestamp> stands_until(const Dedupe& dedupe, Timestamp enqueued) {
  if (!dedupe.window || *dedupe.window == for_ever) return std::nullopt;
  return enqueued + *dedupe.window;
}

std::optional<std::string> concurrency_token(std::string_view kind, const std::optional<Concurrency>& concurrency) {
  if (!concurrency) return std::nullopt;
  return token_of(kind, concurrency->scope, concurrency->key);
}

Concurrency parse_concurrency_token(std::string_view token, int limit) {
  Concurrency concurrency;
  const std::size_t end = token.find(token_separator);
  concurrency.scope = end == 0 ? KeyScope::global : KeyScope::kind;
  concurrency.key = token.substr(end + 1);
  concurrency.limit = limit;
  return concurrency;
}

std::string key_rate_name(std::string_view kind, std::string_view token) {
  std::string name(kind);
  return (name += '\x1f') += token;
}

bool holds(const Task& task, ClaimKey claim) {
  return task.epoch == claim.epoch && (task.status == Status::claimed || task.status == Status::running);
}

Attempt begin_attempt(Task& task, const ClaimRequest& request, Timestamp now) {
  move_to(task, Status::claimed);
  task.epoch += 1;
  task.attempt += 1;
  task.runner = request.runner;
  task.lease_expires_at = request.lease_expires_at;
  task.claimed_at = now;
  Attempt attempt;
  attempt.task = task.id;
  attempt.epoch = task.epoch;
  attempt.number = task.attempt;
  attempt.generation = task.generation;
  attempt.runner = request.runner;
  attempt.claimed_at = now;
  return attempt;
}

void begin_run(Task& task, Timestamp now) {
  move_to(task, Status::running);
  if (!task.started_at) task.started_at = now;
}

std::optional<Event> begin_run_at_end(Task& task, const Finish& finish) {
  if (task.status != Status::claimed || !finish.started_at) return std::nullopt;
  begin_run(task, *finish.started_at);
  Event event = event_about(task, "task.started", "runner", *finish.started_at);
  event.data = event_data::started(task, finish.pid, finish.executor);
  return event;
}

Ended end_attempt(Task& task, const Finish& finish, Timestamp now) {
  const Status from = task.status;
  Ended ended;
  ended.event = event_about(task, {}, "runner", now);
  Settle settle_into{task, finish, now};
  if (finish.started_at && !task.started_at) task.started_at = finish.started_at;
  std::visit(settle_into, settle(task, finish.next));
  leave_runner(task);
  if (is_terminal(task.status)) task.finished_at = now;
  ended.event.type = settle_into.event;
  ended.event.data = event_data::ended(from, task, finish);
  ended.answer.recorded = true;
  ended.answer.status = task.status;
  if (task.status == Status::queued) ended.answer.retry_at = task.run_at;
  return ended;
}

Finish lost_attempt(const Task& task, LostBy cause, Timestamp now) {
  Finish finish;
  finish.claim = {task.id, task.epoch};
  finish.outcome = Outcome::lost;
  const bool spent = task.crashes + 1 >= task.max_crashes;
  if (spent) finish.next = Fail{};
  else finish.next = Requeue{now, Budget::crash};
  TaskError error;
  error.code = "lost";
  error.message = cause == LostBy::lease ? "the lease ran out: the runner did not renew it" : "the runner died";
  if (spent) error.message += "; the crash budget is spent";
  finish.error = std::move(error);
  return finish;
}

Event lease_lost_event(const Task& before, LostBy cause, Status after, Timestamp now) {
  Event event = event_about(before, "task.lease_lost", "runner", now);
  event.data = event_data::lease_lost(word(cause), after);
  return event;
}

void complete(Attempt& attempt, const Finish& finish, Timestamp now) {
  attempt.finished_at = now;
  attempt.outcome = finish.outcome;
  if (finish.error) attempt.error = with_fingerprint(*finish.error);
  attempt.exit_code = finish.exit_code;
  attempt.use = finish.use;
  attempt.left_children = finish.left_children;
  if (finish.pid != 0) attempt.pid = finish.pid;
  if (attempt.started_at) return;
  attempt.started_at = finish.started_at;
  attempt.executor = finish.executor;
}

Event resume(Task& task, std::string_view wait, std::string_view by, std::string_view actor, Timestamp now) {
  move_to(task, Status::queued);
  task.run_at = now;
  Event event = outside_event(task, "task.resumed", actor, now);
  event.data = event_data::resumed(wait, by);
  return event;
}

Event cancel_before_start(Task& task, std::string_view code, std::string_view reason, std::string_view actor, Timestamp now) {
  const Status from = task.status;
  move_to(task, Status::cancelled);
  task.finished_at = now;
  task.cancel_reason = reason;
  TaskError error;
  error.code = code;
  error.message = reason;
  task.error = with_fingerprint(std::move(error));
  Event event = event_about(task, "task.cancelled", actor, now);
  event.epoch = 0;
  event.data = event_data::cancelled(from, code, reason);
  return event;
}

std::string superseded_reason(TaskId successor) { return "superseded by task " + std::to_string(number(successor)); }

Event supersede_running(Task& task, TaskId successor, std::string_view actor, Timestamp now) {
  task.cancel_requested_at = now;
  task.cancel_reason = superseded_reason(successor);
  task.superseded_by = successor;
  Event event = event_about(task, "task.cancel_requested", actor, now);
  event.data = event_data::reason(task.cancel_reason);
  return event;
}

Event coalesced_event(const Task& standing, const NewTask& skipped, Timestamp now) {
  Event event = outside_event(standing, "task.coalesced", skipped.created_by, now);
  event.data = event_data::coalesced(skipped);
  return event;
}

Event reopen(Task& task, bool keep_dedupe, const std::optional<std::string>& payload, std::string_view actor, Timestamp now) {
  const Status from = task.status;
  const bool payload_changed = payload && *payload != task.payload;
  if (payload_changed) task.payload = *payload;
  move_to(task, Status::queued);
  task.generation += 1;
  task.attempt = task.crashes = task.interruptions = task.snoozes = 0;
  task.run_at = now;
  task.started_at.reset();
  task.finished_at.reset();
  task.expires_at.reset();
  task.error.reset();
  task.result.reset();
  forget_progress(task);
  forget_cancel(task);
  if (!keep_dedupe) task.dedupe.reset();
  Event event = event_about(task, "task.reopened", actor, now);
  event.epoch = 0;
  event.data = event_data::reopened(from, task.generation, payload_changed);
  return event;
}

NewTask again(const Task& ended, const RerunRequest& request) {
  NewTask fresh;
  fresh.kind = ended.kind;
  fresh.queue = ended.queue;
  fresh.priority = ended.priority;
  fresh.payload = request.payload.value_or(ended.payload);
  fresh.metadata = ended.metadata;
  fresh.overrides = ended.overrides;
  fresh.max_attempts = ended.max_attempts;
  fresh.max_crashes = ended.max_crashes;
  fresh.labels = ended.labels;
  fresh.concurrency = ended.concurrency;
  fresh.supersede_key = ended.supersede_key;
  fresh.order_key = ended.order_key;
  fresh.fair_key = ended.fair_key;
  fresh.created_by = request.actor;
  fresh.rerun_of = ended.id;
  return fresh;
}

RerunAnswer rerun_answer(const EnqueueAnswer& answer) {
  RerunAnswer told;
  if (const auto* refused = std::get_if<EnqueueRefused>(&answer)) {
    told.result = refused->reason == EnqueueRefused::Reason::key_busy ? RerunResult::key_busy : RerunResult::request_key_reused;
    told.holder = refused->holder;
    return told;
  }
  const auto& done = std::get<EnqueueDone>(answer);
  told.task = done.tasks.at(0);
  told.result = stores_a_task(told.task.disposition) ? RerunResult::rerun : RerunResult::coalesced;
  told.replayed = done.replayed;
  return told;
}

Progress merge(const std::optional<Progress>& before, const Progress& next) {
  Progress merged = next;
  merged.percent = percent_of(next.percent);
  merged.current = finite(next.current);
  merged.total = finite(next.total);
  if (!before) return merged;
  merged.percent = std::max(merged.percent, before->percent);
  if (before->current) merged.current = merged.current ? std::max(*merged.current, *before->current) : before->current;
  if (!merged.total) merged.total = before->total;
  return merged;
}

Event event_about(const Task& task, std::string_view type, std::string_view actor, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.task = task.id;
  event.kind = task.kind;
  event.queue = task.queue;
  event.epoch = task.epoch;
  event.runner = task.runner;
  event.actor = actor;
  return event;
}

Event outside_event(const Task& task, std::string_view type, std::string_view actor, Timestamp now) {
  Event event = event_about(task, type, actor, now);
  event.epoch = 0;
  event.runner = 0;
  return event;
}

}  // namespace reeve::store
