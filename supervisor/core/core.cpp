#include "supervisor/core/core.hpp"

#include <algorithm>
#include <utility>

#include "handlers/overrides.hpp"
#include "store/life.hpp"

namespace reeve::supervisor {

using executors::StopReason;
using store::ClaimKey;
using store::Millis;

namespace {

constexpr Millis claim_retry_min{50};
constexpr Millis claim_retry_max{2'000};

// A wake-up this much after the due time avoids waking a hair too early for millisecond rows.
constexpr Millis due_slack{1};

void keep_earlier(std::optional<Moment>& kept, Moment candidate) {
  if (!kept || candidate < *kept) kept = candidate;
}

}  // namespace

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::starting: return "starting";
    case Phase::running: return "running";
    case Phase::draining: return "draining";
    case Phase::stopped: return "stopped";
  }
  return "";
}

Core::Core(Options options, std::shared_ptr<const handlers::Handlers> handlers)
    : options_(std::move(options)), handlers_(std::move(handlers)), admission_(options_.concurrency), resources_(options_.resources) {}

void Core::opened(std::int64_t runner, Now now) {
  runner_ = runner;
  if (phase_ == Phase::starting) phase_ = Phase::running;
  next_expiry_ = now.moment + options_.lease;
  claim_if_useful(now);
  finish_if_done();
}

// ------------------------------------------------------------------------------------------------------------- claiming

void Core::work_arrived(Now now) {
  maybe_more_ = true;
  arrived_meanwhile_ = claiming_;
  told_idle_ = false;
  claim_if_useful(now);
}

void Core::rooms_changed(std::span<const ExecutorRoom> rooms, Now now) {
  bool more = false;
  for (const ExecutorRoom& room : rooms) more |= admission_.set_room(room.kind, room.room);
  if (more) work_arrived(now);
}

void Core::claim_if_useful(Now now) {
  if (phase_ != Phase::running || drained_ || claiming_ || !maybe_more_ || claim_again_) return;
  Rooms rooms = admission_.rooms(*handlers_, resources_.rooms());
  if (rooms.limit == 0 || rooms.kinds.empty()) return;
  claiming_ = true;
  arrived_meanwhile_ = freed_meanwhile_ = false;
  asked_limit_ = rooms.limit;
  // More due work may stay behind when a kind or queue has little room; it is looked for again when a slot frees.
  maybe_more_ = rooms.restricted;
  store::ClaimRequest request{.runner = runner_,
                              .lease_expires_at = now.lease + options_.lease,
                              .limit = rooms.limit,
                              .kinds = std::move(rooms.kinds),
                              .queues = std::move(rooms.queues),
                              .resources = resources_.rooms(),
                              .ageing = options_.ageing};
  add_held_keys(request);
  effects_.emplace_back(ClaimTasks{std::move(request)});
}

// A body that outlives its claim still has its keys. While it is certain that the store counts it, it is not counted here.
void Core::add_held_keys(store::ClaimRequest& request) const {
  for (const auto& [key, attempt] : attempts_) {
    if (!attempt.body || !attempt.claim_in_doubt) continue;
    if (!attempt.line.empty()) request.held_lines.push_back(attempt.line);
    if (attempt.key_token.empty()) continue;
    store::HeldKey held;
    held.token = attempt.key_token;
    held.bodies = 1;
    request.held_keys.push_back(std::move(held));
  }
}

// Claimed, but it must not start: shut down, or reloaded without its kind or with less of what it needs, while the claim was out; or the claim
// was out for so long (a slow disk) that the lease is nearly over.
void Core::give_back(const store::Task& task, bool came_late, Now now) {
  const ClaimKey key{task.id, task.epoch};
  handlers::Handler none;
  Attempt attempt{.kind = task.kind, .queue = task.queue, .since = now.wall, .begun = now.moment,
                  .watch = AttemptWatch(none, now.moment, Moment::max()), .body = false, .agenda = Moment::max()};
  attempt.came_late = came_late;
  attempts_.emplace(key, std::move(attempt));
  effects_.emplace_back(GiveBack{key, task.run_at});
}

void Core::claimed(store::ClaimAnswer answer, Now asked, Now now) {
  claiming_ = false;
  claim_failures_ = 0;
  // As many as were asked for: probably there are more. Fewer: only what had little room may have stayed behind (maybe_more_ says whether
  // any had), and if nothing came and nothing runs there is nothing due at all.
  const bool full = static_cast<int>(answer.tasks.size()) >= asked_limit_;
  const bool stayed_behind = maybe_more_ && (!answer.tasks.empty() || admission_.running() > 0 || freed_meanwhile_);
  maybe_more_ = arrived_meanwhile_ || full || stayed_behind;
  if (attempts_.empty()) next_expiry_ = now.moment + options_.lease;
  const bool came_late = fence_after(asked.moment) <= now.moment;
  for (store::Task& task : answer.tasks) {
    const ClaimKey key{task.id, task.epoch};
    const handlers::Handler* declared = handlers_->find(task.kind);
    std::optional<Granted> granted;
    if (phase_ == Phase::running && declared && !came_late) granted = resources_.take(declared->resources);
    if (!granted) {
      give_back(task, came_late, now);
      continue;
    }
    handlers::Handler handler = handlers::with_overrides(*declared, task.overrides);
    // Counted under the handler's name, even if the task was stored under an earlier one.
    Attempt attempt{.kind = handler.kind, .queue = task.queue, .since = now.wall, .begun = now.moment,
                    .watch = AttemptWatch(handler, now.moment, fence_after(asked.moment)), .resources = *granted, .agenda = Moment::max()};
    attempt.key_token = store::concurrency_token(task.kind, task.concurrency).value_or("");
    attempt.line = task.order_key;
    const auto [place, fresh] = attempts_.emplace(key, std::move(attempt));
    if (!fresh) {
      resources_.give_back(*granted);
      continue;
    }
    admission_.started(handler.kind, task.queue);
    reschedule(place);
    effects_.emplace_back(Launch{std::move(task), std::move(handler), std::move(*granted)});
  }
  if (!attempts_.empty() && !next_renewal_) next_renewal_ = asked.moment + renew_interval();
  // A due time that is already known stays: it may have become known after this claim had looked. One too many costs one look.
  if (answer.next_due) due_at(*answer.next_due, now);
  if (arrived_meanwhile_ || full || (stayed_behind && freed_meanwhile_)) claim_if_useful(now);
  finish_if_done();
  if (!claiming_ && !maybe_more_ && attempts_.empty() && !answer.rate_limited && !std::exchange(told_idle_, true)) effects_.emplace_back(Idle{});
}

void Core::claim_failed(Now now) {
  claiming_ = false;
  maybe_more_ = true;
  const Millis wait = std::min(claim_retry_max, claim_retry_min * (1 << std::min(claim_failures_, 6)));
  ++claim_failures_;
  claim_again_ = now.moment + wait;
  finish_if_done();
}

void Core::due_at(store::Timestamp at, Now now) {
  const Millis wait = std::max(Millis{0}, at - now.wall);
  // Far moments are looked at again once a day: the wall clock may be set meanwhile.
  keep_earlier(next_due_, now.moment + std::min(wait + due_slack, Millis{std::chrono::hours{24}}));
}

// ------------------------------------------------------------------------------------------------------------- attempts

void Core::started(ClaimKey claim, std::int64_t pid) {
  if (const auto found = attempts_.find(claim); found != attempts_.end()) found->second.pid = pid;
}

void Core::alive(ClaimKey claim, Now now) {
  const auto found = attempts_.find(claim);
  if (found == attempts_.end() || !found->second.body) return;
  if (!found->second.watch.alive(now.moment)) return;  // the agenda finds out by itself: it only ever wakes too early
  effects_.emplace_back(ClearStale{claim});
  reschedule(found);
}

void Core::cancel(ClaimKey claim, Now) {
  if (const auto found = attempts_.find(claim); found != attempts_.end()) stop(found, StopReason::cancel, false);
}

void Core::lost(ClaimKey claim, Now) {
  if (const auto found = attempts_.find(claim); found != attempts_.end()) stop(found, StopReason::lease_lost, true);
}

void Core::stop(Attempts::iterator attempt, StopReason reason, bool kill) {
  if (!attempt->second.body) return;
  if (reason == StopReason::lease_lost) attempt->second.claim_in_doubt = true;
  if (!attempt->second.stopping) attempt->second.stopping = reason;
  attempt->second.watch.stopping();
  effects_.emplace_back(StopBody{attempt->first, reason, kill});
  reschedule(attempt);
}

void Core::ended(ClaimKey claim, Now now) {
  const auto found = attempts_.find(claim);
  if (found == attempts_.end() || !found->second.body) return;
  found->second.body = false;
  // Tasks of its keys were passed over, and nothing in the store tells that they could start now.
  if (found->second.claim_in_doubt && !(found->second.key_token.empty() && found->second.line.empty())) {
    maybe_more_ = true;
    arrived_meanwhile_ |= claiming_;
  }
  agenda_.erase({found->second.agenda, claim});
  admission_.ended(found->second.kind, found->second.queue);
  resources_.give_back(found->second.resources);
  freed_meanwhile_ = claiming_;
  claim_if_useful(now);
}

void Core::settled(ClaimKey claim, std::optional<store::Timestamp> due_again, Now now) {
  ended(claim, now);
  const auto found = attempts_.find(claim);
  const bool came_late = found != attempts_.end() && found->second.came_late;
  attempts_.erase(claim);
  if (came_late) work_arrived(now);
  if (due_again) {
    if (*due_again <= now.wall) work_arrived(now);
    else due_at(*due_again, now);
  }
  if (attempts_.empty()) next_renewal_.reset();
  finish_if_done();
  // Somebody may be waiting for nothing to be left: one more claim finds out.
  if (attempts_.empty() && phase_ == Phase::running && !claiming_ && !told_idle_) {
    maybe_more_ = true;
    claim_if_useful(now);
  }
}

// ----------------------------------------------------------------------------------------------------------------- lease

void Core::renewed(const std::vector<ClaimKey>& claims, const std::vector<ClaimKey>& lost_claims, Now asked, Now now) {
  renewing_ = false;
  const std::set<ClaimKey> gone(lost_claims.begin(), lost_claims.end());
  for (const ClaimKey& claim : claims) {
    const auto found = attempts_.find(claim);
    if (found == attempts_.end() || !found->second.body) continue;
    if (gone.contains(claim)) {
      stop(found, StopReason::lease_lost, true);
    } else {
      found->second.watch.renewed(fence_after(asked.moment));
      reschedule(found);
    }
  }
  next_renewal_.reset();
  if (!attempts_.empty()) next_renewal_ = std::max(now.moment, asked.moment + renew_interval());
}

void Core::renew_failed(Now now) {
  renewing_ = false;
  next_renewal_ = now.moment + std::min(renew_interval(), Millis{500});
}

// ------------------------------------------------------------------------------------------------------------------ life

void Core::drain(Now) { drained_ = true; }

void Core::resume(Now now) {
  drained_ = false;
  work_arrived(now);
}

void Core::shut_down(Now now) {
  if (phase_ == Phase::stopped) return;
  if (phase_ == Phase::draining) {
    interrupt_all();
    return;
  }
  phase_ = Phase::draining;
  interrupt_at_ = now.moment + options_.drain_timeout;
  finish_if_done();
}

// The first time with grace; whoever asks again wants it over with.
void Core::interrupt_all() {
  interrupt_at_.reset();
  const bool kill = std::exchange(interrupted_, true);
  for (auto attempt = attempts_.begin(); attempt != attempts_.end(); ++attempt) stop(attempt, StopReason::shutdown, kill);
}

void Core::finish_if_done() {
  if (phase_ != Phase::draining || claiming_ || !attempts_.empty()) return;
  phase_ = Phase::stopped;
  effects_.emplace_back(Stop{});
}

void Core::reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, Now now) {
  options_ = std::move(options);
  handlers_ = std::move(handlers);
  admission_.set_concurrency(options_.concurrency);
  resources_.declare(options_.resources);
  admission_.keep_rooms_of(*handlers_);
  work_arrived(now);
}

// ------------------------------------------------------------------------------------------------------------------ time

void Core::reschedule(Attempts::iterator attempt) {
  agenda_.erase({attempt->second.agenda, attempt->first});
  attempt->second.agenda = attempt->second.watch.next();
  agenda_.emplace(attempt->second.agenda, attempt->first);
}

void Core::tend(Attempts::iterator attempt, Now now) {
  const Due due = attempt->second.watch.due(now.moment);
  if (due.warn_soft_timeout) effects_.emplace_back(WarnSoftTimeout{attempt->first});
  if (due.flag_stale) effects_.emplace_back(FlagStale{attempt->first, "no sign of life from the handler for its watchdog interval"});
  if (due.kill) {
    attempt->second.watch.renewed(Moment::max());  // the fence is reached once
    attempt->second.claim_in_doubt = true;
  }
  if (due.stop) stop(attempt, *due.stop, due.kill);
  else reschedule(attempt);
}

void Core::tick(Now now) {
  while (!agenda_.empty() && agenda_.begin()->first <= now.moment) tend(attempts_.find(agenda_.begin()->second), now);

  if (interrupt_at_ && *interrupt_at_ <= now.moment) interrupt_all();
  if (claim_again_ && *claim_again_ <= now.moment) {
    claim_again_.reset();
    claim_if_useful(now);
  }
  if (next_renewal_ && *next_renewal_ <= now.moment && !renewing_) {
    next_renewal_.reset();
    RenewLeases renewal{.claims = {}, .lease_expires_at = now.lease + options_.lease};
    // Also of attempts whose body has ended: their end is not recorded yet and must not be taken for a loss.
    for (const auto& [key, attempt] : attempts_) renewal.claims.push_back(key);
    if (!renewal.claims.empty()) {
      renewing_ = true;
      effects_.emplace_back(std::move(renewal));
    }
  }
  const bool due = next_due_ && *next_due_ <= now.moment;
  const bool look = next_expiry_ && *next_expiry_ <= now.moment && !attempts_.empty();
  if ((due || look) && phase_ == Phase::running) {
    next_due_.reset();
    next_expiry_ = now.moment + options_.lease;
    effects_.emplace_back(ExpireLeases{});
    if (due) work_arrived(now);
  }
}

std::optional<Moment> Core::next_tick() const {
  std::optional<Moment> next;
  const auto consider = [&next](const std::optional<Moment>& candidate) {
    if (candidate) keep_earlier(next, *candidate);
  };
  if (!agenda_.empty() && agenda_.begin()->first != Moment::max()) consider(agenda_.begin()->first);
  if (!renewing_) consider(next_renewal_);
  if (phase_ == Phase::running) {
    consider(next_due_);
    consider(claim_again_);
    if (!attempts_.empty()) consider(next_expiry_);
  }
  consider(interrupt_at_);
  return next;
}

std::vector<RunningAttempt> Core::running(Now now) const {
  std::vector<RunningAttempt> all;
  for (const auto& [key, attempt] : attempts_) {
    if (!attempt.body) continue;
    RunningAttempt one{.claim = key, .kind = attempt.kind, .queue = attempt.queue, .pid = attempt.pid, .since = attempt.since};
    const auto age = std::chrono::duration_cast<Millis>(now.moment - attempt.watch.last_seen());
    if (attempt.watch.last_seen() != attempt.begun) one.last_seen = now.wall - age;
    one.stale = attempt.watch.stale();
    one.resources = attempt.resources;
    if (attempt.stopping) one.stopping = std::string(executors::name(*attempt.stopping));
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace reeve::supervisor
