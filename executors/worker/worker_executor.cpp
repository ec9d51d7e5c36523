#include "executors/worker/worker_executor.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "executors/worker/errand.hpp"

namespace reeve::executors::worker {
namespace {

namespace asio = boost::asio;

Outcome ended(End end) {
  Outcome outcome;
  outcome.end = std::move(end);
  return outcome;
}

}  // namespace

WorkerExecutor::WorkerExecutor(asio::any_io_executor loop, const Options& options, std::shared_ptr<process::Containment> containment,
                               std::shared_ptr<scoreboard::Scoreboard> scoreboard)
    : ground_(std::make_shared<Ground>()), room_changed_(options.room_changed), pool_changed_(options.pool_changed), emptied_(loop) {
  ground_->loop = std::move(loop);
  ground_->surroundings = process::surroundings_of(options);
  ground_->scoreboard = std::move(scoreboard);
  ground_->containment = std::move(containment);
}

WorkerExecutor::~WorkerExecutor() {
  for (const auto& [spec, pool] : pools_) pool->let_go();
}

asio::awaitable<Outcome> WorkerExecutor::run(Execution execution, Observer& observer, Brake& brake) {
  if (brake.reason()) co_return ended(Stopped{*brake.reason()});
  if (closed_) co_return ended(Stopped{StopReason::shutdown});
  if (!execution.worker || !execution.worker->process) co_return ended(SpawnFailed{"command", EINVAL, "the handler has no command"});
  const auto pool = pool_of(execution.worker);
  Errand errand(ground_->loop, execution, observer, brake, *pool);
  co_await errand.live();
  co_return errand.take_outcome();
}

std::shared_ptr<Pool> WorkerExecutor::pool_of(const std::shared_ptr<const WorkerSpec>& spec) {
  if (const auto known = pools_.find(spec.get()); known != pools_.end()) return known->second;
  tidy();
  Pool::Hooks hooks;
  hooks.empty = [this] { emptied_.ring(); };
  hooks.order_changed = room_changed_;
  hooks.degraded_changed = pool_changed_;
  auto pool = std::make_shared<Pool>(ground_, spec, std::move(hooks));
  pools_[spec.get()] = pool;
  if (!declared_.contains(spec.get())) pool->undeclare();
  return pool;
}

void WorkerExecutor::tidy() {
  std::erase_if(pools_, [this](const auto& entry) { return entry.second->empty() && !declared_.contains(entry.first); });
}

void WorkerExecutor::declare(std::vector<std::shared_ptr<const WorkerSpec>> specs) {
  closed_ = false;
  declared_.clear();
  for (const auto& spec : specs) declared_.insert(spec.get());
  for (const auto& [spec, pool] : pools_) {
    if (!declared_.contains(spec)) pool->undeclare();
  }
  tidy();
  for (const auto& spec : specs) pool_of(spec)->declare();
}

std::vector<PoolStatus> WorkerExecutor::pools() const {
  std::vector<PoolStatus> all;
  for (const auto& [spec, pool] : pools_) {
    if (declared_.contains(spec) || !pool->empty()) all.push_back(pool->status());
  }
  std::sort(all.begin(), all.end(), [](const PoolStatus& one, const PoolStatus& other) { return one.kind < other.kind; });
  return all;
}

std::optional<int> WorkerExecutor::room(std::string_view kind) const {
  const bool broken = std::any_of(pools_.begin(), pools_.end(), [&](const auto& entry) {
    return entry.second->spec().kind == kind && declared_.contains(entry.first) && entry.second->out_of_order();
  });
  if (broken) return 0;
  return std::nullopt;
}

asio::awaitable<void> WorkerExecutor::close() {
  closed_ = true;
  declared_.clear();
  for (const auto& [spec, pool] : pools_) pool->close();
  tidy();
  while (!pools_.empty()) {
    co_await emptied_.wait(Bell::never);
    tidy();
  }
}

}  // namespace reeve::executors::worker
