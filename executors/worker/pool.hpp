// A pool of warm processes: who waits, who works, and the hand that does what its plan decides.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "executors/execution.hpp"
#include "executors/make.hpp"
#include "executors/worker/pool_plan.hpp"
#include "executors/worker/worker_process.hpp"

namespace reeve::executors::worker {

class Errand;

// Shared by the executor and by the frames of its workers and attempts, which may outlive the executor when all are dropped with the loop.
class Pool : public std::enable_shared_from_this<Pool> {
 public:
  struct Hooks {
    std::function<void()> empty{};                  // its last process or attempt is gone
    std::function<void()> order_changed{};          // its starts fail and nothing serves, or do so no longer
    std::function<void(const PoolStatus&)> degraded_changed{};   // its starts fail, or do so no longer
  };
  Pool(std::shared_ptr<Ground> ground, std::shared_ptr<const WorkerSpec> spec, Hooks hooks);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void declare() { consult(); }                     // what is kept warm is started
  void undeclare();                                 // serves who still comes, and keeps nothing
  void close();                                     // ends all that it has
  void let_go() { hooks_ = {}; }                    // the executor is gone
  [[nodiscard]] bool empty() const { return workers_.empty() && waiting_.empty() && errands_ == 0; }
  [[nodiscard]] PoolStatus status() const;
  [[nodiscard]] bool out_of_order() const { return plan_.degraded() && !plan_.serves(); }
  [[nodiscard]] const WorkerSpec& spec() const { return *spec_; }

  // From attempts.
  void hand_in(Errand& errand);
  void withdraw(Errand& errand);                    // it does not wait any more; nothing when it did not
  void leave(Errand& errand);                       // one that was handed in is no more

  // From workers.
  void ready(WorkerProcess& worker);
  void finished(WorkerProcess& worker, Errand& errand, std::optional<std::int64_t> resident);
  void doomed(WorkerProcess& worker) { plan_.doomed(worker.id()), consult(); }
  void exited(WorkerProcess& worker) { plan_.exited(worker.id()); }

 private:
  static boost::asio::awaitable<void> tend(std::shared_ptr<Pool> pool, WorkerId id);
  void start(WorkerId id);
  void gone(WorkerId id, const std::string& why);
  void hand_out();
  void give_back();
  void tell_if_degraded_changed(bool was_degraded) const;
  void consult();
  void wake_at(Instant moment);

  std::shared_ptr<Ground> ground_;                  // of the executor and all pools
  std::shared_ptr<const WorkerSpec> spec_;          // of this and the declaration
  Hooks hooks_;
  PoolPlan plan_;
  std::map<WorkerId, WorkerProcess*> workers_{};    // they live in the frames of tend()
  std::deque<Errand*> waiting_{};                   // they live in the frames of run()
  int errands_ = 0;                                 // that were handed in and are not over
  boost::asio::steady_timer timer_;
  Instant wake_ = PoolPlan::never;
};

}  // namespace reeve::executors::worker
