// One attempt at a pool: it waits for a worker, is worked on, and ends. Lives in the frame of run().
//
//   waiting ──a worker has a free place──► working ──terminal message, or the worker is gone──► over
//      └── stopped: over without having begun
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/execution.hpp"
#include "executors/executor.hpp"
#include "executors/bell.hpp"
#include "executors/process/output.hpp"
#include "executors/protocol/dialogue.hpp"
#include "executors/scoreboard/presence.hpp"
#include "executors/worker/pool_plan.hpp"
#include "executors/worker/verdict.hpp"

namespace reeve::executors::worker {

class Pool;
class WorkerProcess;

class Errand {
 public:
  // All of these outlive it; `execution` has a worker spec.
  Errand(const boost::asio::any_io_executor& loop, const Execution& execution, Observer& observer, Brake& brake, Pool& pool);
  ~Errand();
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  boost::asio::awaitable<void> live();              // until it is over
  [[nodiscard]] Outcome take_outcome();             // after live()

  // For the pool.
  [[nodiscard]] bool stopped() const { return brake_.reason().has_value(); }
  void stop_before_begin(StopReason otherwise);     // it never reaches a worker; the brake's reason comes first
  void wait_from(Instant now) { waiting_since_ = now; }
  [[nodiscard]] Instant waiting_since() const { return waiting_since_; }

  // For the worker that has it.
  void begin(WorkerProcess& worker, std::int64_t pid);
  [[nodiscard]] const Execution& execution() const { return execution_; }
  [[nodiscard]] Observer& observer() { return observer_; }
  void seen_by(scoreboard::Presence* presence) { observer_.seen_by(presence); }
  [[nodiscard]] bool is(std::int64_t task, std::optional<std::int64_t> epoch) const;
  [[nodiscard]] protocol::Dialogue& dialogue() { return dialogue_; }
  [[nodiscard]] bool spoken() { return dialogue_.said().has_value(); }
  void print(Stream stream, std::string_view bytes);
  void note(std::string level, std::string message);   // into the task's log
  void used(ResourceUse use) { outcome_.use = use; }
  void leave_behind(std::vector<LeftChild> children) { outcome_.left_children = std::move(children); }
  void finish();                                    // what it said is how it ended
  void bereave(const Death& death, const std::optional<std::string>& broken);   // nothing is left of the worker
  void drop();                                      // the worker is dropped with its loop

 private:
  void heed_brake();
  void heed_suspension();
  void end(Facts facts);

  const Execution& execution_;
  scoreboard::ShownObserver observer_;
  Brake& brake_;
  Pool& pool_;
  Bell news_;
  process::Capture capture_;
  protocol::Dialogue dialogue_;
  WorkerProcess* worker_ = nullptr;                 // while it works on this
  Instant waiting_since_{};
  bool over_ = false;
  bool passed_ = false;
  std::optional<StopReason> stop_{};
  Bell::Moment kill_at_ = Bell::never;
  Outcome outcome_{};
};

}  // namespace reeve::executors::worker
