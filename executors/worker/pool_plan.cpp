#include "executors/worker/pool_plan.hpp"

#include <algorithm>
#include <utility>

namespace reeve::executors::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A limit within a tenth of what was declared, so that processes that began together do not end together.
int about(int tasks, double dice) { return std::max(1, static_cast<int>(tasks * (0.9 + 0.2 * dice) + 0.5)); }

milliseconds pause_after(int failures, double dice) {
  auto pause = PoolPlan::first_pause;
  for (int i = 1; i < failures && pause < PoolPlan::longest_pause; ++i) pause *= 2;
  pause = std::min(pause, PoolPlan::longest_pause);
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(pause.count()) * (0.8 + 0.2 * dice)));
}

std::string in_mebibytes(std::int64_t bytes) { return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB"; }

}  // namespace

PoolPlan::PoolPlan(const WorkerSpec& spec, std::function<double()> dice) : spec_(spec), dice_(std::move(dice)) {}

void PoolPlan::waiting(int tasks, Instant first_since) {
  waiting_ = tasks;
  first_since_ = tasks > 0 ? first_since : never;
}

void PoolPlan::ready(WorkerId id, Instant now) {
  const auto found = workers_.find(id);
  if (found == workers_.end() || found->second.state != State::starting) return;
  Worker& worker = found->second;
  worker.state = State::serving;
  worker.ready_at = worker.idle_since = now;
  if (spec_.recycle.tasks) worker.tasks_most = about(*spec_.recycle.tasks, dice_());
  degraded_ = false;
  trouble_.clear();
  not_before_ = {};
}

void PoolPlan::took(WorkerId id) { ++workers_.at(id).tasks; }

std::optional<std::string> PoolPlan::finished(WorkerId id, Instant now, std::optional<std::int64_t> resident) {
  Worker& worker = workers_.at(id);
  std::optional<std::string> word;
  --worker.tasks;
  ++worker.finished;
  worker.idle_since = now;
  failures_ = 0;
  if (resident) weigh(worker, *resident, word);
  worker.worn = worker.worn || (worker.tasks_most && worker.finished >= *worker.tasks_most);
  return word;
}

// A limit below what the program needs by nature would replace it after each task, for ever.
void PoolPlan::weigh(Worker& worker, std::int64_t resident, std::optional<std::string>& word) {
  if (!spec_.recycle.memory_bytes) return;
  if (!worker.memory_most) {
    const std::int64_t needed = resident + resident / 10;
    worker.memory_most = std::max(*spec_.recycle.memory_bytes, needed);
    if (needed > *spec_.recycle.memory_bytes && !std::exchange(told_of_memory_, true))
      word = "recycle.memory of " + in_mebibytes(*spec_.recycle.memory_bytes) + " is less than the worker needs after its first task; " + in_mebibytes(needed) +
             " is used instead: raise it";
  }
  worker.worn = worker.worn || resident > *worker.memory_most;
}

void PoolPlan::doomed(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end() || found->second.state != State::serving) return;
  found->second.state = State::stopping;
}

void PoolPlan::exited(WorkerId id) {
  const auto found = workers_.find(id);
  if (found == workers_.end() || found->second.state != State::serving) return;
  found->second.state = State::stopping;
  found->second.died = true;
}

void PoolPlan::gone(WorkerId id, Instant now, const std::string& why) {
  const auto found = workers_.find(id);
  if (found == workers_.end()) return;
  const Worker worker = found->second;
  workers_.erase(found);
  if (worker.state == State::starting) return start_failed(now, why);
  if (worker.state == State::stopping && !worker.died) return;
  ++died_;
  // One that was ready, was never given anything and still died would be started again and again without a pause.
  if (worker.finished == 0 && worker.tasks == 0) start_failed(now, why);
}

void PoolPlan::start_failed(Instant now, const std::string& why) {
  if (closed_) return;
  ++failures_;
  degraded_ = true;
  trouble_ = why;
  not_before_ = now + pause_after(failures_, dice_());
}

int PoolPlan::count(State state) const {
  return static_cast<int>(std::count_if(workers_.begin(), workers_.end(), [&](const auto& entry) { return entry.second.state == state && !entry.second.worn; }));
}

int PoolPlan::uncovered() const { return waiting_ - count(State::starting) * spec_.parallel; }

bool PoolPlan::wants_more(Instant now) const {
  const int alive = living();
  if (closed_ || alive >= spec_.max) return false;
  if (alive < kept()) return true;
  if (degraded_ && declared_ && alive == 0) return true;   // nobody may ask before it is known to work again
  if (uncovered() <= 0) return false;
  return count(State::serving) == 0 || now >= first_since_ + patience;
}

Instant PoolPlan::may_start() const {
  if (count(State::starting) >= (degraded_ ? 1 : most_starting)) return never;
  if (starts_.size() < most_starts) return not_before_;
  return std::max(not_before_, starts_.front() + seconds(1));
}

std::vector<Step> PoolPlan::next(Instant now) {
  std::vector<Step> steps;
  end_what_should(now, steps);
  while (wants_more(now) && now >= may_start()) start(now, steps);
  return steps;
}

void PoolPlan::start(Instant now, std::vector<Step>& steps) {
  workers_[++last_id_];
  ++started_;
  starts_.push_back(now);
  if (starts_.size() > most_starts) starts_.pop_front();
  steps.emplace_back(StartWorker{last_id_});
}

bool PoolPlan::is_worn(const Worker& worker, Instant now) const {
  return worker.worn || (spec_.recycle.age && now >= worker.ready_at + *spec_.recycle.age);
}

Instant PoolPlan::spare_at(const Worker& worker) const { return declared_ ? worker.idle_since + spec_.idle : worker.idle_since; }

bool PoolPlan::is_spare(const Worker& worker, Instant now) const {
  return worker.state == State::serving && worker.tasks == 0 && now >= spare_at(worker);
}

PoolPlan::Worker* PoolPlan::longest_spare(Instant now, WorkerId& id) {
  Worker* longest = nullptr;
  for (auto& [at, worker] : workers_) {
    if (!is_spare(worker, now) || (longest != nullptr && longest->idle_since <= worker.idle_since)) continue;
    longest = &worker;
    id = at;
  }
  return longest;
}

void PoolPlan::end_what_should(Instant now, std::vector<Step>& steps) {
  for (auto& [id, worker] : workers_) {
    if (worker.state == State::starting && closed_) {
      worker.state = State::stopping;
      steps.emplace_back(EndWorker{id});
    }
    if (worker.state != State::serving) continue;
    const bool worn = is_worn(worker, now);
    worker.worn = worn;
    if (worker.tasks > 0 || (!worn && !closed_)) continue;
    recycled_ += worn && !closed_ ? 1 : 0;
    worker.state = State::stopping;
    steps.emplace_back(EndWorker{id});
  }
  if (waiting_ > 0) return;
  WorkerId id = 0;
  for (Worker* spare = nullptr; living() > kept() && (spare = longest_spare(now, id)) != nullptr;) {
    spare->state = State::stopping;
    steps.emplace_back(EndWorker{id});
  }
}

Instant PoolPlan::wake(Instant now) const {
  Instant soonest = never;
  const auto consider = [&](Instant moment) { soonest = std::min(soonest, moment); };
  const bool might_grow = !closed_ && living() < spec_.max;
  if (might_grow && wants_more(now)) consider(may_start());
  else if (might_grow && uncovered() > 0) consider(std::max(first_since_ + patience, may_start()));
  const bool might_shrink = living() > kept();
  for (const auto& [id, worker] : workers_) {
    if (worker.state != State::serving || worker.tasks > 0) continue;
    if (spec_.recycle.age) consider(worker.ready_at + *spec_.recycle.age);
    if (might_shrink) consider(spare_at(worker));
  }
  return soonest;
}

std::optional<WorkerId> PoolPlan::place() const {
  std::optional<WorkerId> best;
  const Worker* chosen = nullptr;
  if (closed_) return best;
  for (const auto& [id, worker] : workers_) {
    if (worker.state != State::serving || worker.worn || worker.tasks >= spec_.parallel) continue;
    if (chosen != nullptr && (worker.tasks > chosen->tasks || (worker.tasks == chosen->tasks && worker.idle_since <= chosen->idle_since))) continue;
    chosen = &worker;
    best = id;
  }
  return best;
}

bool PoolPlan::serves() const {
  return std::any_of(workers_.begin(), workers_.end(), [](const auto& entry) { return entry.second.state == State::serving; });
}

PoolStatus PoolPlan::status() const {
  PoolStatus status;
  status.kind = spec_.kind;
  status.min = spec_.min;
  status.max = spec_.max;
  status.waiting = waiting_;
  status.started = started_;
  status.recycled = recycled_;
  status.died = died_;
  status.degraded = degraded_;
  status.trouble = trouble_;
  for (const auto& [id, worker] : workers_) {
    if (worker.state == State::starting) ++status.starting;
    else if (worker.state == State::stopping) ++status.stopping;
    else ++(worker.tasks > 0 ? status.busy : status.idle);
  }
  return status;
}

}  // namespace reeve::executors::worker
