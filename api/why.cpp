#include "api/why.hpp"

#include <algorithm>
#include <cctype>

#include "api/why_after.hpp"
#include "store/life.hpp"

namespace reeve::api {

namespace {

using store::State;
using store::Timestamp;

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
std::string since(Timestamp start, Timestamp now) { return store::to_text(std::max(now - start, store::Millis{0})); }
std::string id_of(const store::Task& task) { return std::to_string(number(task.id)); }
std::string at(Timestamp moment, Timestamp now) {
  return "at " + store::to_rfc3339(moment) + (moment > now ? ", in " + store::to_text(moment - now) : "");
}

// ------------------------------------------------------------------------------------------------ tasks that are not in line

Why finished(const store::Task& task) {
  Why why{"finished", "the task has " + std::string(name(task.status)), ""};
  if (task.finished_at) why.message += " at " + store::to_rfc3339(*task.finished_at);
  if (task.error) why.message += ": " + task.error->code + (task.error->message.empty() ? "" : " (" + task.error->message + ")");
  if (task.status != store::Status::succeeded) why.fix = "run it again with `reeve retry " + id_of(task) + "`";
  return why;
}

std::string attempt_of(const store::Task& task) {
  return "attempt " + std::to_string(task.attempt) + " of " + std::to_string(task.max_attempts);
}

Why in_hand(const store::Task& task, State state, const supervisor::Overview& overview, Timestamp now) {
  const auto ours = [&task](const supervisor::RunningAttempt& one) { return one.claim.task == task.id; };
  const auto body = std::find_if(overview.running.begin(), overview.running.end(), ours);
  const Timestamp start = body != overview.running.end() ? body->since : task.claimed_at.value_or(now);
  const std::string running = attempt_of(task) + (state == State::claimed ? " was claimed " : " has been running for ") + since(start, now) +
                              (state == State::claimed ? " ago and is being started" : "");
  if (state == State::cancelling) {
    Why why{"cancelling", running + "; it was asked to stop", "wait for its stop_grace to pass; then its process tree is killed"};
    if (task.cancel_requested_at) why.message += " " + since(*task.cancel_requested_at, now) + " ago";
    return why;
  }
  if (state == State::stale)
    return {"stale", running + ", but gives no sign of life" + (task.stale_reason.empty() ? "" : ": " + task.stale_reason),
            "look at `reeve logs " + id_of(task) + "`, or stop it with `reeve cancel " + id_of(task) + "`"};
  return {"running", running, ""};
}

void add_pool(std::vector<Why>& reasons, const store::Task& task, const supervisor::Overview& overview) {
  for (const executors::PoolStatus& pool : overview.pools)
    if (pool.kind == task.kind && pool.degraded)
      reasons.push_back({"pool_degraded", "the worker processes of " + quoted(task.kind) + " do not start" + (pool.trouble.empty() ? "" : ": " + pool.trouble),
                         "mend its command; it is tried again and again, ever more slowly"});
}

std::vector<Why> in_hand_of(const store::Task& task, State state, const supervisor::Overview& overview, Timestamp now) {
  std::vector<Why> reasons;
  if (state == State::claimed) add_pool(reasons, task, overview);
  reasons.push_back(in_hand(task, state, overview, now));
  return reasons;
}

// -------------------------------------------------------------------------------------------------------- what holds it back

void add_time(std::vector<Why>& reasons, const store::Task& task, State state, Timestamp now) {
  if (task.run_at <= now) return;
  if (state == State::retrying) {
    const std::string last = task.error ? "the last attempt ended with " + task.error->code + "; " : std::string();
    reasons.push_back({"retrying", last + "the next one (" + std::to_string(task.attempt + 1) + " of " + std::to_string(task.max_attempts) +
                                       ") is due " + at(task.run_at, now), ""});
  } else {
    reasons.push_back({"scheduled", "it is scheduled " + at(task.run_at, now), ""});
  }
}

void add_kind(std::vector<Why>& reasons, const store::Task& task, const handlers::Handlers& handlers) {
  if (handlers.find(task.kind) != nullptr) return;
  const std::string near = handlers.suggestion(task.kind);
  reasons.push_back({"unknown_kind",
                     "no handler has the kind " + quoted(task.kind) + (near.empty() ? "" : "; there is " + quoted(near)),
                     "declare a handler for it and reload the configuration, or give it up with `reeve cancel " + id_of(task) + "`"});
}

std::string by_whom(Timestamp when, const std::string& actor, const std::string& reason, Timestamp now) {
  return " was paused " + since(when, now) + " ago" + (actor.empty() ? "" : " by " + actor) + (reason.empty() ? "" : ": " + reason);
}

// As a shell reads it.
std::string shell_word(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0 || std::string_view("-_.:/=@+,").find(static_cast<char>(c)) != std::string_view::npos; });
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void add_pauses(std::vector<Why>& reasons, const store::Task& task, const store::Paused& paused, const handlers::Handlers& handlers, Timestamp now) {
  for (const store::QueuePause& pause : paused.queues)
    if (pause.queue == task.queue)
      reasons.push_back({"queue_paused", "the queue " + quoted(pause.queue) + by_whom(pause.since, pause.actor, pause.reason, now), "`reeve resume " + pause.queue + "`"});
  const handlers::Handler* handler = handlers.find(task.kind);
  for (const store::KindPause& pause : paused.kinds)
    if (pause.kind == task.kind || (handler && pause.kind == handler->kind))
      reasons.push_back({"kind_paused", "the kind " + quoted(pause.kind) + by_whom(pause.since, pause.actor, pause.reason, now), "`reeve resume --kind " + pause.kind + "`"});
  for (const store::LabelPause& pause : paused.labels) {
    const std::string label = pause.key + "=" + pause.value;
    if (has_label(task, pause.key, pause.value))
      reasons.push_back({"label_paused", "the label " + label + by_whom(pause.since, pause.actor, pause.reason, now), "`reeve resume --label " + shell_word(label) + "`"});
  }
}

void add_phase(std::vector<Why>& reasons, const supervisor::Overview& overview) {
  using supervisor::Phase;
  if (overview.phase == Phase::starting) reasons.push_back({"starting", "the runner is starting and claims nothing yet", ""});
  if (overview.phase == Phase::draining || overview.phase == Phase::stopped)
    reasons.push_back({"stopping", "the runner is shutting down and claims nothing more", "start it again with `reeve serve`"});
  else if (overview.paused_claims)
    reasons.push_back({"draining", "the runner was drained and claims nothing", "`reeve resume`"});
  if (!overview.trouble.empty()) reasons.push_back({"trouble", overview.trouble, "see `reeve doctor`"});
}

std::string count_of(const store::Waiting& waiting) { return (waiting.at_least ? "at least " : "") + std::to_string(waiting.ahead); }

std::string task_and_state(const store::KeyHolder& holder, Timestamp now) {
  const std::string task = "task " + std::to_string(number(holder.task));
  switch (holder.status) {
    case store::Status::claimed: return task + " is being started";
    case store::Status::running: return task + " has been running for " + since(holder.since, now);
    case store::Status::waiting: return task + " is suspended";
    default: return task + (holder.run_at > now ? " is due " + at(holder.run_at, now) : " is queued");
  }
}

void add_key(std::vector<Why>& reasons, const store::Task& task, const store::KeyHolds& keys, Timestamp now) {
  if (!keys.key || !task.concurrency) return;
  const store::KeyHold& key = *keys.key;
  const int limit = task.concurrency->limit;
  const bool full = key.taken >= limit;
  if (!full && key.taken + key.waiting.ahead < limit) return;
  const std::string what = "the concurrency key " + quoted(task.concurrency->key);
  std::string message = what + " is taken by " + std::to_string(key.taken) + " of " + std::to_string(limit);
  for (std::size_t i = 0; i < key.holders.size() && i < 3; ++i) message += (i == 0 ? ": " : ", ") + task_and_state(key.holders[i], now);
  if (key.holders.size() > 3) message += ", ...";
  if (key.waiting.ahead > 0)
    message += "; " + count_of(key.waiting) + (key.waiting.ahead == 1 ? " due task with the key goes before it" : " due tasks with the key go before it");
  std::string fix;
  if (!key.holders.empty())
    fix = "wait, raise the limit of the key for new tasks, or stop the holder with `reeve cancel " + std::to_string(number(key.holders.front().task)) + "`";
  reasons.push_back({"key_full", message, fix});
}

void add_order(std::vector<Why>& reasons, const store::Task& task, const store::KeyHolds& keys, Timestamp now) {
  if (!keys.line || !keys.line->first) return;
  const store::KeyHolder& first = *keys.line->first;
  const std::string before = keys.line->waiting.ahead == 0 ? ""
                             : keys.line->waiting.ahead == 1 ? "; 1 open task of the line is before it"
                                                             : "; " + count_of(keys.line->waiting) + " open tasks of the line are before it";
  reasons.push_back({"order", "tasks with the order key " + quoted(task.order_key) + " run one after the other: " + task_and_state(first, now) + before,
                     "see `reeve why " + std::to_string(number(first.task)) + "`"});
}

// The body that has been running longest among those that hold the limit.
template <class Holds>
std::string longest(const supervisor::Overview& overview, Timestamp now, Holds holds) {
  const supervisor::RunningAttempt* oldest = nullptr;
  for (const supervisor::RunningAttempt& one : overview.running)
    if (holds(one) && (oldest == nullptr || one.since < oldest->since)) oldest = &one;
  if (oldest == nullptr) return {};
  return "; task " + std::to_string(number(oldest->claim.task)) + " has been running longest, for " + since(oldest->since, now);
}

const supervisor::Usage* full(const std::vector<supervisor::Usage>& usages, std::string_view name) {
  for (const supervisor::Usage& usage : usages)
    if (usage.name == name && usage.limit && usage.running >= *usage.limit) return &usage;
  return nullptr;
}

std::string share(const supervisor::Usage& usage) { return std::to_string(usage.running) + " of " + std::to_string(usage.limit.value_or(0)); }

void add_limits(std::vector<Why>& reasons, const store::Task& task, const supervisor::Overview& overview, Timestamp now) {
  if (const auto* queue = full(overview.queues, task.queue)) {
    const auto holds = [&task](const supervisor::RunningAttempt& one) { return one.queue == task.queue; };
    reasons.push_back({"queue_full", "the queue " + quoted(task.queue) + " runs " + share(*queue) + longest(overview, now, holds),
                       "raise queues." + task.queue + ".concurrency, or wait"});
  }
  if (const auto* kind = full(overview.kinds, task.kind)) {
    const auto holds = [&task](const supervisor::RunningAttempt& one) { return one.kind == task.kind; };
    reasons.push_back({"kind_full", "the kind " + quoted(task.kind) + " runs " + share(*kind) + longest(overview, now, holds),
                       "raise handlers." + task.kind + ".concurrency, or wait"});
  }
  if (overview.global.limit && overview.global.running >= *overview.global.limit) {
    const auto holds = [](const supervisor::RunningAttempt&) { return true; };
    reasons.push_back({"runner_full", "the runner runs " + share(overview.global) + longest(overview, now, holds),
                       "raise supervisor.concurrency, or wait"});
  }
}

// "0.4 s"
std::string seconds(store::Millis span) {
  const std::int64_t tenths = (span.count() + 99) / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

void add_rate(std::vector<Why>& reasons, store::RateRow::Of of, const std::string& name, const std::optional<store::Rate>& rate,
              const std::vector<store::RateRow>& rates, Timestamp now) {
  if (!rate) return;
  const auto kept = std::find_if(rates.begin(), rates.end(), [&](const store::RateRow& row) { return row.of == of && row.name == name; });
  const store::Bucket bucket(*rate, kept == rates.end() ? std::nullopt : std::optional<std::int64_t>(kept->full_at), now);
  if (bucket.tokens() > 0) return;
  const bool queue = of == store::RateRow::Of::queue;
  reasons.push_back({queue ? "queue_rate" : "kind_rate",
                     "rate " + store::to_text(*rate) + (queue ? " of the queue " : " of the kind ") + quoted(name) + ": next token in " + seconds(bucket.next() - now),
                     "raise " + std::string(queue ? "queues." : "handlers.") + name + ".rate, or wait"});
}

void add_rates(std::vector<Why>& reasons, const store::Task& task, const handlers::Handlers& handlers, const std::vector<store::RateRow>& rates,
               Timestamp now) {
  if (const handlers::Queue* queue = handlers.find_queue(task.queue)) add_rate(reasons, store::RateRow::Of::queue, task.queue, queue->rate, rates, now);
  if (const handlers::Handler* kind = handlers.find(task.kind)) add_rate(reasons, store::RateRow::Of::kind, task.kind, kind->rate, rates, now);
}

// Each concurrency key of a kind by itself.
void add_key_rate(std::vector<Why>& reasons, const store::Task& task, const handlers::Handlers& handlers, const std::vector<store::RateRow>& rates, Timestamp now) {
  const handlers::Handler* kind = handlers.find(task.kind);
  const auto token = concurrency_token(task.kind, task.concurrency);
  if (!kind || !kind->key_rate || !token) return;
  const std::string name = store::key_rate_name(kind->kind, *token);
  const auto kept = std::find_if(rates.begin(), rates.end(), [&](const store::RateRow& row) { return row.of == store::RateRow::Of::key && row.name == name; });
  const store::Bucket bucket(*kind->key_rate, kept == rates.end() ? std::nullopt : std::optional<std::int64_t>(kept->full_at), now);
  if (bucket.tokens() > 0) return;
  reasons.push_back({"key_rate",
                     "rate " + store::to_text(*kind->key_rate) + " of the key " + quoted(task.concurrency->key) + ": next token in " + seconds(bucket.next() - now),
                     "raise handlers." + kind->kind + ".key_rate, or wait"});
}

void add_resources(std::vector<Why>& reasons, const store::Task& task, const supervisor::Overview& overview, const handlers::Handlers& handlers) {
  const handlers::Handler* handler = handlers.find(task.kind);
  if (!handler) return;
  for (const store::Room& need : handler->resources) {
    std::size_t all = 0;
    for (const supervisor::Resource& resource : overview.resources)
      if (resource.name == need.name) all = resource.units.size();
    std::size_t held = 0;
    std::string holders;
    for (const supervisor::RunningAttempt& one : overview.running) {
      const auto units = one.resources.find(need.name);
      if (units == one.resources.end()) continue;
      held += units->second.size();
      holders += (holders.empty() ? "; held by task " : ", ") + std::to_string(number(one.claim.task));
    }
    if (all >= held + static_cast<std::size_t>(need.room)) continue;
    reasons.push_back({"resources",
                       "it needs " + std::to_string(need.room) + " of the resource " + need.name + ", and " + std::to_string(all > held ? all - held : 0) + " of " +
                           std::to_string(all) + (all == 1 ? " is free" : " are free") + holders,
                       "wait for one of them to end, or raise supervisor.resources." + need.name});
  }
}

bool is_remote(const handlers::Handlers& handlers, std::string_view kind) {
  const handlers::Handler* handler = handlers.find(kind);
  return handler != nullptr && handler->executor == "remote";
}

void add_executor(std::vector<Why>& reasons, const store::Task& task, const supervisor::Overview& overview, const handlers::Handlers& handlers) {
  for (const supervisor::Usage& kind : overview.kinds)
    if (kind.name == task.kind && kind.room && *kind.room <= 0 && is_remote(handlers, task.kind))
      reasons.push_back({"no_worker", "no worker elsewhere waits for tasks of the kind " + quoted(task.kind),
                         "start one that claims it with POST /v1/claims (docs/api.md)"});
  add_pool(reasons, task, overview);
}

void add_line(std::vector<Why>& reasons, const store::Task& task, const std::optional<store::Position>& position, Timestamp now) {
  if (task.run_at > now || !position || position->ahead == 0) return;
  reasons.push_back({"in_line",
                     (position->at_least ? "at least " : "") + std::to_string(position->ahead) +
                         (position->ahead == 1 ? " due task of the queue " : " due tasks of the queue ") + quoted(task.queue) + " will be claimed before it",
                     ""});
}

// ------------------------------------------------------------------------------------------------ what a suspended one waits for

std::string timeout_of(const store::Step& wait, Timestamp now) { return wait.wake_at ? "; it gives up " + at(*wait.wake_at, now) : ""; }

Why why_it_waits(const store::Task& task, const store::Step& wait, Timestamp now) {
  const std::string named = " (" + wait.name + ")";
  switch (wait.sort) {
    case store::StepSort::sleep: return {"sleeping", "it sleeps" + named + " and wakes " + at(wait.wake_at.value_or(now), now), ""};
    case store::StepSort::signal: {
      const std::string type = wait.signal_type.empty() ? "any signal" : "the signal " + quoted(wait.signal_type);
      return {"awaits_signal", "it waits for " + type + named + timeout_of(wait, now),
              "`reeve signal " + id_of(task) + " " + (wait.signal_type.empty() ? "TYPE" : wait.signal_type) + "`"};
    }
    default: break;
  }
  std::string ids;
  for (std::size_t i = 0; i < wait.tasks.size() && i < 5; ++i) ids += (i == 0 ? "" : ", ") + std::to_string(number(wait.tasks[i]));
  if (wait.tasks.size() > 5) ids += ", ... (" + std::to_string(wait.tasks.size()) + " in all)";
  return {"awaits_tasks", "it waits for tasks to end" + named + ": " + ids + timeout_of(wait, now), ""};
}

std::vector<Why> waits_of(const store::Task& task, const std::vector<store::Step>& steps, Timestamp now) {
  std::vector<Why> reasons;
  for (const store::Step& step : steps)
    if (step.status == store::StepStatus::waiting) reasons.push_back(why_it_waits(task, step, now));
  if (reasons.empty()) reasons.push_back({"waiting", "its handler suspended it until what it waits for comes", ""});
  return reasons;
}

// Where it counts: a task that was stored under an alias takes a place of the handler's own name.
store::Task under_present_name(const store::Task& task, const handlers::Handlers& handlers) {
  const handlers::Handler* handler = handlers.find(task.kind);
  store::Task present;
  present.kind = handler ? handler->kind : task.kind;
  present.queue = task.queue;
  return present;
}

}  // namespace

std::vector<Why> why(const Known& known, State state) {
  using store::Status;
  const store::Task& task = known.task;
  const supervisor::Overview& overview = known.overview;
  const handlers::Handlers& handlers = known.handlers;
  const Timestamp now = known.now;
  if (is_terminal(task.status)) return {finished(task)};
  if (task.status == Status::claimed || task.status == Status::running) return in_hand_of(task, state, overview, now);
  if (task.status == Status::waiting) return waits_of(task, known.steps, now);

  std::vector<Why> reasons;
  add_time(reasons, task, state, now);
  add_kind(reasons, task, handlers);
  add_pauses(reasons, task, known.paused, handlers, now);
  add_phase(reasons, overview);
  const std::optional<Why> after = why_it_comes_after(known.dependencies);
  if (after) reasons.push_back(*after);
  add_order(reasons, task, known.keys, now);
  add_key(reasons, task, known.keys, now);
  const store::Task present = under_present_name(task, handlers);
  add_limits(reasons, present, overview, now);
  add_rates(reasons, present, handlers, known.rates, now);
  add_key_rate(reasons, task, handlers, known.rates, now);
  add_resources(reasons, present, overview, handlers);
  add_executor(reasons, present, overview, handlers);
  if (!after) add_line(reasons, task, known.position, now);
  if (reasons.empty()) reasons.push_back({"due", "nothing holds it back; it starts at once", ""});
  return reasons;
}

}  // namespace reeve::api
