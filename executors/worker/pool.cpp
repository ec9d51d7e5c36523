#include "executors/worker/pool.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <random>
#include <utility>
#include <variant>

#include "executors/worker/errand.hpp"

namespace reeve::executors::worker {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds end_grace{5'000};

double throw_dice() {
  static std::minstd_rand dice{std::random_device{}()};
  return std::uniform_real_distribution<double>{0, 1}(dice);
}

Instant now() { return std::chrono::steady_clock::now(); }

}  // namespace

Pool::Pool(std::shared_ptr<Ground> ground, std::shared_ptr<const WorkerSpec> spec, Hooks hooks)
    : ground_(std::move(ground)), spec_(std::move(spec)), hooks_(std::move(hooks)), plan_(*spec_, throw_dice), timer_(ground_->loop) {}

void Pool::undeclare() {
  plan_.undeclare();
  consult();
}

void Pool::close() {
  plan_.close();
  for (Errand* errand : std::exchange(waiting_, {})) errand->stop_before_begin(StopReason::shutdown);
  hand_out();
  for (const auto& [id, worker] : std::map(workers_)) worker->end(end_grace);
}

PoolStatus Pool::status() const {
  PoolStatus status = plan_.status();
  for (const auto& [id, worker] : workers_) {
    if (worker->pid() > 0) status.pids.push_back(worker->pid());
  }
  return status;
}

void Pool::hand_in(Errand& errand) {
  ++errands_;
  if (out_of_order()) return errand.stop_before_begin(StopReason::shutdown);   // it was on its way when that became known
  errand.wait_from(now());
  waiting_.push_back(&errand);
  hand_out();
}

void Pool::withdraw(Errand& errand) {
  if (std::erase(waiting_, &errand) > 0) hand_out();
}

void Pool::leave(Errand& errand) {
  std::erase(waiting_, &errand);   // dropped with its loop
  --errands_;
  if (empty() && hooks_.empty) hooks_.empty();
}

// Nobody knows when its processes will start again: tasks wait in their queue, where they hold no slot of others.
void Pool::give_back() {
  if (hooks_.order_changed) hooks_.order_changed();   // first, so that none of them comes straight back
  for (Errand* errand : std::exchange(waiting_, {})) errand->stop_before_begin(StopReason::shutdown);
  plan_.waiting(0, PoolPlan::never);
}

// A task goes only to a process that has a free place for it.
void Pool::hand_out() {
  while (!waiting_.empty()) {
    Errand& errand = *waiting_.front();
    const auto place = errand.stopped() ? std::nullopt : plan_.place();
    if (!errand.stopped() && !place) break;
    waiting_.pop_front();
    if (place) {
      plan_.took(*place);
      workers_.at(*place)->take(errand);
    } else {
      errand.stop_before_begin(StopReason::shutdown);
    }
  }
  plan_.waiting(static_cast<int>(waiting_.size()), waiting_.empty() ? PoolPlan::never : waiting_.front()->waiting_since());
  consult();
}

void Pool::ready(WorkerProcess& worker) {
  const bool was_degraded = plan_.degraded();
  const bool was_out_of_order = out_of_order();
  plan_.ready(worker.id(), now());
  tell_if_degraded_changed(was_degraded);
  hand_out();
  if (was_out_of_order && hooks_.order_changed) hooks_.order_changed();
}

void Pool::finished(WorkerProcess& worker, Errand& errand, std::optional<std::int64_t> resident) {
  if (auto word = plan_.finished(worker.id(), now(), resident)) errand.note("warn", std::move(*word));
  hand_out();
}

// Does what the plan says. What is done here tells nobody anything at once, so the plan is not asked again from within.
void Pool::consult() {
  for (const Step& step : plan_.next(now())) {
    if (const auto* begin = std::get_if<StartWorker>(&step)) {
      start(begin->id);
    } else {
      const auto worker = workers_.find(std::get<EndWorker>(step).id);
      if (worker != workers_.end()) worker->second->end(end_grace);
    }
  }
  wake_at(plan_.wake(now()));
}

// The timer is only ever moved to an earlier moment: looking once too often costs less than setting it at each task.
void Pool::wake_at(Instant moment) {
  if (moment >= wake_) return;
  wake_ = moment;
  timer_.expires_at(moment);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto pool = weak.lock();
    if (error || !pool) return;
    pool->wake_ = PoolPlan::never;
    pool->consult();
  });
}

void Pool::start(WorkerId id) {
  asio::co_spawn(ground_->loop, tend(shared_from_this(), id), [pool = shared_from_this(), id](std::exception_ptr problem) {
    if (problem) pool->gone(id, "the daemon could not tend it");
  });
}

asio::awaitable<void> Pool::tend(std::shared_ptr<Pool> pool, WorkerId id) {
  std::string why;
  {
    WorkerProcess worker(*pool->ground_, *pool, id);
    pool->workers_[id] = &worker;
    co_await worker.live();
    why = worker.why_gone();
  }
  pool->gone(id, why);
}

void Pool::gone(WorkerId id, const std::string& why) {
  const bool was_degraded = plan_.degraded();
  const bool was_out_of_order = out_of_order();
  workers_.erase(id);
  plan_.gone(id, now(), why);
  tell_if_degraded_changed(was_degraded);
  hand_out();
  if (!was_out_of_order && out_of_order()) give_back();
  if (empty() && hooks_.empty) hooks_.empty();
}

void Pool::tell_if_degraded_changed(bool was_degraded) const {
  if (plan_.degraded() != was_degraded && hooks_.degraded_changed) hooks_.degraded_changed(status());
}

}  // namespace reeve::executors::worker
