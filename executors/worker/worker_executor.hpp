// Warm processes that serve many attempts, in pools: one for each declaration, and one for each older declaration that attempts still carry.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "executors/capabilities.hpp"
#include "executors/executor.hpp"
#include "executors/make.hpp"
#include "executors/bell.hpp"
#include "executors/process/containment.hpp"
#include "executors/worker/pool.hpp"

namespace reeve::executors::worker {

class WorkerExecutor final : public Executor {
 public:
  WorkerExecutor(boost::asio::any_io_executor loop, const Options& options, std::shared_ptr<process::Containment> containment,
                 std::shared_ptr<scoreboard::Scoreboard> scoreboard);
  ~WorkerExecutor() override;

  [[nodiscard]] Capabilities capabilities() const override { return *capabilities_of("worker"); }
  boost::asio::awaitable<Outcome> run(Execution execution, Observer& observer, Brake& brake) override;
  // 0 while no process of the kind can be started; otherwise the limits decide.
  [[nodiscard]] std::optional<int> room(std::string_view kind) const override;

  void declare(std::vector<std::shared_ptr<const WorkerSpec>> specs);   // after close() it opens anew
  [[nodiscard]] std::vector<PoolStatus> pools() const;
  boost::asio::awaitable<void> close();             // attempts that come later end as stopped by a shutdown

 private:
  [[nodiscard]] std::shared_ptr<Pool> pool_of(const std::shared_ptr<const WorkerSpec>& spec);
  void tidy();                                      // forgets what is empty and not declared

  std::shared_ptr<Ground> ground_;                  // of this and of its pools
  std::function<void()> room_changed_;
  std::function<void(const PoolStatus&)> pool_changed_;
  std::unordered_map<const WorkerSpec*, std::shared_ptr<Pool>> pools_{};   // of this and of frames, see Pool
  std::unordered_set<const WorkerSpec*> declared_{};
  Bell emptied_;
  bool closed_ = false;
};

}  // namespace reeve::executors::worker
