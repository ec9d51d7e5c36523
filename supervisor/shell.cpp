#include "supervisor/shell.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "executors/make.hpp"
#include "supervisor/log.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::ClaimKey;

namespace {

constexpr int recovery_chunk = 500;  // tasks taken back in one transaction, so that nothing else waits long

}  // namespace

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

  declare_pools();
  declare_rooms();
  co_await schedules_.declare();
  on([this](Core& core, Now at) { core.opened(runner_, at); });
  schedules_.begin();
  if (ready) ready();
  retention_.begin();
  co_await until_over();
  co_await parts_.executors.close();

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
  starts_timer_.cancel();
  pages_timer_.cancel();
  retention_.stop();
  schedules_.end();
  over_.cancel();
}

void Supervisor::Shell::carry_out(Idle) {
  if (on_idle_) on_idle_();
}

// ------------------------------------------------------------------------------------------------------------------ pump

// Not recursive: what happens while effects are carried out is told to the core and its effects follow in the same loop.
void Supervisor::Shell::pump() {
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
    look_at_pages();   // a sign of life there counts before silence is called stale
    on([](Core& core, Now at) { core.tick(at); });
  });
}

void Supervisor::Shell::seen_alive(ClaimKey claim) {
  core_.alive(claim, now());
  pump();
}

// -------------------------------------------------------------------------------------------------------------- overview

void Supervisor::Shell::reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_output,
                               store::RetentionPolicy retention) {
  options_ = options;
  forward_output_ = forward_output;
  retention_.change(retention, options_.retention_interval);
  on([&](Core& core, Now at) { core.reload(std::move(options), std::move(handlers), at); });
  declare_pools();
  declare_rooms();
  schedules_.declare_again();
}

Overview Supervisor::Shell::overview() const {
  Overview overview{.phase = core_.phase(),
                    .paused_claims = core_.draining(),
                    .runner = runner_,
                    .runner_name = runner_name_,
                    .started_at = started_at_,
                    .trouble = trouble_};
  overview.drain_timeout = options_.drain_timeout;
  const Admission& admission = core_.admission();
  overview.global = {.name = "all", .running = admission.running(), .limit = admission.concurrency()};
  for (const handlers::Handler& handler : core_.handlers()->all())
    overview.kinds.push_back({.name = handler.kind, .running = admission.running_of_kind(handler.kind), .limit = handler.concurrency,
                              .room = admission.room_of_kind(handler.kind), .rate = handler.rate});
  for (const handlers::Queue& queue : core_.handlers()->queues())
    overview.queues.push_back({.name = queue.name, .running = admission.running_in_queue(queue.name), .limit = queue.concurrency, .rate = queue.rate,
                               .weight = queue.weight});
  overview.running = core_.running(now());
  overview.resources = core_.resources().declared();
  overview.pools = parts_.executors.pools();
  return overview;
}

}  // namespace reeve::supervisor
