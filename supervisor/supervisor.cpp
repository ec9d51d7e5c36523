#include "supervisor/supervisor.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_map>
#include <utility>

#include "executors/make.hpp"
#include "supervisor/attempt.hpp"
#include "supervisor/attempt_journal.hpp"
#include "supervisor/core/core.hpp"
#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::ClaimKey;
using store::StoreError;

namespace {

constexpr int recovery_chunk = 500;   // tasks taken back in one transaction, so that nothing else waits long
constexpr int retention_chunk = 500;  // rows of each sort deleted in one transaction

std::string text_of(const std::exception_ptr& failed) {
  try {
    std::rethrow_exception(failed);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

// Carries out what the core decides and tells it what came of it.
class Supervisor::Shell {
 public:
  Shell(Parts parts, Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_output, store::RetentionPolicy retention)
      : parts_(std::move(parts)),
        options_(options),
        forward_output_(forward_output),
        retention_(retention),
        core_(std::move(options), std::move(handlers)),
        timer_(parts_.loop),
        over_(parts_.loop, asio::steady_timer::time_point::max()),
        retention_timer_(parts_.loop),
        lease_origin_moment_(parts_.clock.moment()),
        lease_origin_(parts_.clock.now()) {}

  asio::awaitable<void> run(store::RunnerIdentity identity, std::function<void()> ready);

  // Every event goes through here: tell the core, then do what follows.
  template <class Tell>
  void on(Tell tell) {
    tell(core_, now());
    pump();
  }

  [[nodiscard]] Now now() const {
    const Moment moment = parts_.clock.moment();
    const auto since = std::chrono::duration_cast<store::Millis>(moment - lease_origin_moment_);
    return {.moment = moment, .wall = parts_.clock.now(), .lease = lease_origin_ + since};
  }
  [[nodiscard]] const Core& core() const { return core_; }
  [[nodiscard]] const asio::any_io_executor& loop() const { return parts_.loop; }
  [[nodiscard]] Overview overview() const;
  void reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_output, store::RetentionPolicy retention);
  void when_idle(std::function<void()> on_idle) { on_idle_ = std::move(on_idle); }
  [[nodiscard]] std::int64_t progress_mark() const { return pumps_; }

 private:
  // What a running attempt needs beside its coroutine. Owned by bodies_ until the coroutine has ended.
  struct Body {
    Body(Shell& shell, const store::Task& task, const std::string& executor)
        : key{task.id, task.epoch},
          journal(shell.parts_.loop, shell.parts_.store, shell.parts_.clock, key, executor,
                  [&shell, claim = key] { shell.on([claim](Core& core, Now at) { core.lost(claim, at); }); },
                  [&shell] { return shell.urgency(); }),
          observer(journal,
                   {.started = [&shell, claim = key](std::int64_t pid) { shell.core_.started(claim, pid); },
                    .alive = [&shell, claim = key] { shell.seen_alive(claim); }},
                   shell.parts_.log, task, shell.forward_output_) {}
    ClaimKey key;
    AttemptJournal journal;
    AttemptObserver observer;
    executors::Brake brake{};
  };
  struct KeyHash {
    std::size_t operator()(const ClaimKey& key) const { return std::hash<std::int64_t>{}(number(key.task) * 1'000'003 + key.epoch); }
  };

  asio::awaitable<void> recover(std::int64_t runner);
  asio::awaitable<void> until_over();

  // While most slots are taken, nobody waits for one claim or one end: they gather. Otherwise each is wanted at once.
  [[nodiscard]] Urgency urgency() const {
    const Admission& admission = core_.admission();
    return admission.running() > 1 && 2 * admission.running() >= admission.concurrency() ? Urgency::soon : Urgency::now;
  }

  void pump();
  void arm_timer();
  void seen_alive(ClaimKey claim);
  void settled(ClaimKey claim, const store::Finished& finished);
  void schedule_retention();
  void retain();

  void carry_out(ClaimTasks effect);
  void carry_out(Launch effect);
  void carry_out(GiveBack effect);
  void carry_out(StopBody effect);
  void carry_out(RenewLeases effect);
  void carry_out(ExpireLeases effect);
  void carry_out(FlagStale effect);
  void carry_out(ClearStale effect);
  void carry_out(WarnSoftTimeout effect);
  void carry_out(Idle effect);
  void carry_out(Stop effect);

  Parts parts_;
  Options options_;
  bool forward_output_;
  store::RetentionPolicy retention_;
  Core core_;
  asio::steady_timer timer_;
  std::optional<Moment> armed_{};
  asio::steady_timer over_;             // cancelled when the life is over
  asio::steady_timer retention_timer_;
  bool retention_scheduled_ = false;
  bool is_over_ = false;
  bool pumping_ = false;
  std::int64_t pumps_ = 0;
  Moment lease_origin_moment_;          // lease time: the wall clock as it was at start, and boot time since
  store::Timestamp lease_origin_;
  std::int64_t runner_ = 0;
  std::string runner_name_{};
  store::Timestamp started_at_{};
  std::string trouble_{};
  std::function<void()> on_idle_{};
  std::unordered_map<ClaimKey, std::unique_ptr<Body>, KeyHash> bodies_{};
};

// ------------------------------------------------------------------------------------------------------------------ life

asio::awaitable<void> Supervisor::Shell::run(store::RunnerIdentity identity, std::function<void()> ready) {
  runner_name_ = identity.name;
  started_at_ = parts_.clock.now();
  for (const executors::LeftChild& stray : parts_.executors.remove_strays())
    parts_.log.warn("stray.killed", {{"pid", stray.pid}, {"command", stray.command}});

  auto open = [&identity, at = started_at_](store::Store& store) { return store.runners().open_runner(identity, at); };
  runner_ = co_await parts_.store.run(open);
  co_await recover(runner_);
  parts_.log.info("runner.started", {{"runner", runner_}, {"name", runner_name_}, {"pid", identity.pid}});

  on([this](Core& core, Now at) { core.opened(runner_, at); });
  if (ready) ready();
  co_await until_over();

  auto close = [this, at = parts_.clock.now()](store::Store& store) { store.runners().close_runner(runner_, at); };
  co_await parts_.store.run(close);
  parts_.log.info("runner.stopped", {{"runner", runner_}, {"name", runner_name_}});
}

// Every other incarnation of this store is dead: what it had claimed is due again at once.
asio::awaitable<void> Supervisor::Shell::recover(std::int64_t runner) {
  for (bool more = true; more;) {
    auto take_back = [runner, at = parts_.clock.now()](store::Store& store) { return store.runners().requeue_dead(runner, at, recovery_chunk); };
    const store::ExpireAnswer answer = co_await parts_.store.run(take_back);
    for (const store::Lost& lost : answer.lost)
      parts_.log.warn("task.recovered",
                      {{"task", number(lost.claim.task)}, {"epoch", lost.claim.epoch}, {"status", store::name(lost.status)}});
    more = answer.more;
  }
}

asio::awaitable<void> Supervisor::Shell::until_over() {
  while (!is_over_) co_await over_.async_wait(asio::as_tuple(asio::use_awaitable));
}

void Supervisor::Shell::carry_out(Stop) {
  is_over_ = true;
  timer_.cancel();
  retention_timer_.cancel();
  over_.cancel();
}

void Supervisor::Shell::carry_out(Idle) {
  if (on_idle_) on_idle_();
}

// ------------------------------------------------------------------------------------------------------------------ pump

// Not recursive: what happens while effects are carried out is told to the core and its effects follow in the same loop.
void Supervisor::Shell::pump() {
  ++pumps_;
  if (std::exchange(pumping_, true)) return;
  for (std::vector<Effect> effects = core_.take_effects(); !effects.empty(); effects = core_.take_effects())
    for (Effect& effect : effects) std::visit([this](auto& what) { carry_out(std::move(what)); }, effect);
  pumping_ = false;
  arm_timer();
}

void Supervisor::Shell::arm_timer() {
  const std::optional<Moment> next = core_.next_tick();
  if (next == armed_ || is_over_) return;
  armed_ = next;
  if (!next) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(std::chrono::nanoseconds{0}, *next - parts_.clock.moment()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_.reset();
    on([](Core& core, Now at) { core.tick(at); });
  });
}

void Supervisor::Shell::seen_alive(ClaimKey claim) {
  core_.alive(claim, now());
  pump();
}

// --------------------------------------------------------------------------------------------------------------- effects

void Supervisor::Shell::carry_out(ClaimTasks effect) {
  const Now asked = now();
  parts_.store.send(
      [request = std::move(effect.request), at = asked.wall](store::Store& store) { return store.tasks().claim(request, at); },
      [this, asked](const std::exception_ptr& failed, store::ClaimAnswer* answer) {
        if (failed) {
          trouble_ = "tasks cannot be claimed: " + text_of(failed);
          parts_.log.warn("claim.failed", {{"error", trouble_}});
          on([](Core& core, Now at) { core.claim_failed(at); });
          return;
        }
        trouble_.clear();
        on([&](Core& core, Now at) { core.claimed(std::move(*answer), asked, at); });
      },
      urgency());
}

void Supervisor::Shell::carry_out(Launch effect) {
  const ClaimKey key{effect.task.id, effect.task.epoch};
  auto body = std::make_unique<Body>(*this, effect.task, effect.handler.executor);
  Body& running = *body;
  bodies_.emplace(key, std::move(body));
  executors::Executor* executor = parts_.executors.find(effect.handler.executor);
  AttemptContext context{.executor = *executor,
                         .journal = running.journal,
                         .observer = running.observer,
                         .brake = running.brake,
                         .clock = parts_.clock,
                         .log = parts_.log,
                         .dice = parts_.dice,
                         .ended = [this, key] { on([key](Core& core, Now at) { core.ended(key, at); }); }};
  asio::co_spawn(parts_.loop, run_attempt(std::move(context), std::move(effect.handler), std::move(effect.task)),
                 [this, key](const std::exception_ptr& failed, const store::Finished& finished) {
                   if (failed) return;  // only a fatal store error; whoever owns the store thread ends the process
                   settled(key, finished);
                 });
}

void Supervisor::Shell::settled(ClaimKey claim, const store::Finished& finished) {
  bodies_.erase(claim);
  schedule_retention();
  on([&](Core& core, Now at) { core.settled(claim, finished.retry_at, at); });
}

// Claimed, but it must not be started: back to where it was, at no cost to it.
void Supervisor::Shell::carry_out(GiveBack effect) {
  const ClaimKey key = effect.claim;
  const store::Timestamp at = parts_.clock.now();
  const store::Finish finish{.claim = key,
                             .outcome = store::Outcome::interrupted,
                             .next = store::Requeue{.at = effect.run_at, .budget = store::Budget::interruption}};
  parts_.store.send([finish, at](store::Store& store) { return store.tasks().finish(finish, at); },
                    [this, key](const std::exception_ptr&, store::Finished*) {
                      // If it could not be written, the lease runs out or the next incarnation takes it back.
                      on([key](Core& core, Now moment) { core.settled(key, std::nullopt, moment); });
                    });
}

void Supervisor::Shell::carry_out(StopBody effect) {
  const auto found = bodies_.find(effect.claim);
  if (found == bodies_.end()) return;
  parts_.log.info("attempt.stopping", {{"task", number(effect.claim.task)},
                                       {"epoch", effect.claim.epoch},
                                       {"reason", executors::name(effect.reason)},
                                       {"kill", effect.kill}});
  if (effect.kill) found->second->brake.kill(effect.reason);
  else found->second->brake.stop(effect.reason);
}

void Supervisor::Shell::carry_out(RenewLeases effect) {
  const Now asked = now();
  auto claims = std::make_shared<const std::vector<ClaimKey>>(std::move(effect.claims));  // two owners: the work and its answer
  parts_.store.send(
      [claims, until = effect.lease_expires_at, at = asked.lease](store::Store& store) { return store.tasks().renew(*claims, until, at); },
      [this, claims, asked](const std::exception_ptr& failed, std::vector<ClaimKey>* lost) {
        if (failed) {
          parts_.log.warn("lease.renewal_failed", {{"attempts", claims->size()}, {"error", text_of(failed)}});
          on([](Core& core, Now at) { core.renew_failed(at); });
          return;
        }
        on([&](Core& core, Now at) { core.renewed(*claims, *lost, asked, at); });
      });
}

void Supervisor::Shell::carry_out(ExpireLeases) {
  const store::Timestamp at = now().lease;
  parts_.store.send([at](store::Store& store) { return store.tasks().expire(at, recovery_chunk); },
                    [this](const std::exception_ptr& failed, store::ExpireAnswer* answer) {
                      if (failed) return;  // looked at again with the next claim
                      for (const store::Lost& lost : answer->lost)
                        parts_.log.warn("task.lease_lost", {{"task", number(lost.claim.task)}, {"epoch", lost.claim.epoch}});
                      if (answer->more) carry_out(ExpireLeases{});
                      if (!answer->lost.empty()) on([](Core& core, Now moment) { core.work_arrived(moment); });
                    });
}

void Supervisor::Shell::carry_out(FlagStale effect) {
  const auto found = bodies_.find(effect.claim);
  if (found == bodies_.end()) return;
  parts_.log.warn("attempt.stale", {{"task", number(effect.claim.task)}, {"epoch", effect.claim.epoch}, {"reason", effect.reason}});
  found->second->journal.flag_stale(std::move(effect.reason));
}

void Supervisor::Shell::carry_out(ClearStale effect) {
  const auto found = bodies_.find(effect.claim);
  if (found != bodies_.end()) found->second->journal.clear_stale();
}

void Supervisor::Shell::carry_out(WarnSoftTimeout effect) {
  const auto found = bodies_.find(effect.claim);
  if (found == bodies_.end()) return;
  parts_.log.warn("attempt.soft_timeout", {{"task", number(effect.claim.task)}, {"epoch", effect.claim.epoch}});
  executors::OutputLine line{.stream = executors::Stream::entry, .level = "warn", .message = "soft timeout reached", .meta = {}};
  found->second->journal.line(std::move(line));
}

// ------------------------------------------------------------------------------------------------------------- retention

// Only after work was done: an idle daemon does not wake for it.
void Supervisor::Shell::schedule_retention() {
  if (retention_scheduled_ || is_over_) return;
  retention_scheduled_ = true;
  retention_timer_.expires_after(options_.retention_interval);
  retention_timer_.async_wait([this](const boost::system::error_code& error) {
    retention_scheduled_ = false;
    if (!error) retain();
  });
}

void Supervisor::Shell::retain() {
  parts_.store.send([policy = retention_, at = parts_.clock.now()](
                        store::Store& store) { return store.maintenance().retain(policy, at, retention_chunk); },
                    [this](const std::exception_ptr& failed, store::RetentionReport* report) {
                      if (failed || is_over_) return;
                      if (report->tasks > 0 || report->events > 0)
                        parts_.log.debug("retention.deleted", {{"tasks", report->tasks}, {"events", report->events}});
                      if (report->more) retain();
                    });
}

// -------------------------------------------------------------------------------------------------------------- overview

void Supervisor::Shell::reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_output,
                               store::RetentionPolicy retention) {
  options_ = options;
  forward_output_ = forward_output;
  retention_ = retention;
  on([&](Core& core, Now at) { core.reload(std::move(options), std::move(handlers), at); });
}

Overview Supervisor::Shell::overview() const {
  Overview overview{.phase = core_.phase(),
                    .paused_claims = core_.draining(),
                    .runner = runner_,
                    .runner_name = runner_name_,
                    .started_at = started_at_,
                    .trouble = trouble_};
  const Admission& admission = core_.admission();
  overview.global = {.name = "all", .running = admission.running(), .limit = admission.concurrency()};
  for (const handlers::Handler& handler : core_.handlers()->all())
    overview.kinds.push_back({.name = handler.kind, .running = admission.running_of_kind(handler.kind), .limit = handler.concurrency});
  for (const handlers::Queue& queue : core_.handlers()->queues())
    overview.queues.push_back({.name = queue.name, .running = admission.running_in_queue(queue.name), .limit = queue.concurrency});
  overview.running = core_.running(now());
  return overview;
}

// ---------------------------------------------------------------------------------------------------------------- facade

Supervisor::Supervisor(Parts parts, Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_task_output,
                       store::RetentionPolicy retention)
    : shell_(std::make_unique<Shell>(std::move(parts), std::move(options), std::move(handlers), forward_task_output, retention)) {}
Supervisor::~Supervisor() = default;

asio::awaitable<void> Supervisor::run(store::RunnerIdentity identity, std::function<void()> ready) {
  return shell_->run(std::move(identity), std::move(ready));
}
void Supervisor::work_arrived() {
  shell_->on([](Core& core, Now at) { core.work_arrived(at); });
}
void Supervisor::work_is_coming() {
  asio::post(shell_->loop(), [this] { work_arrived(); });
}
void Supervisor::cancel(ClaimKey claim) {
  shell_->on([claim](Core& core, Now at) { core.cancel(claim, at); });
}
void Supervisor::drain() {
  shell_->on([](Core& core, Now at) { core.drain(at); });
}
void Supervisor::resume() {
  shell_->on([](Core& core, Now at) { core.resume(at); });
}
void Supervisor::shut_down() {
  shell_->on([](Core& core, Now at) { core.shut_down(at); });
}
void Supervisor::reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_task_output,
                        store::RetentionPolicy retention) {
  shell_->reload(std::move(options), std::move(handlers), forward_task_output, retention);
}
const std::shared_ptr<const handlers::Handlers>& Supervisor::handlers() const { return shell_->core().handlers(); }
Overview Supervisor::overview() const { return shell_->overview(); }
void Supervisor::when_idle(std::function<void()> on_idle) { shell_->when_idle(std::move(on_idle)); }
std::int64_t Supervisor::progress_mark() const { return shell_->progress_mark(); }

}  // namespace reeve::supervisor
