// Functions that block, on a pool of threads: those that the embedding program registered, and those of plugins.
//
// Cooperative: a stop is told to the function, and run() returns when the function has. An attempt that still waits for a thread ends at once.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "executors/capabilities.hpp"
#include "executors/make.hpp"
#include "executors/thread/call.hpp"
#include "executors/thread/plugin.hpp"
#include "executors/thread/pool.hpp"

namespace reeve::executors::thread {

class ThreadExecutor final : public Executor {
 public:
  // `loop` must outlive this. The destructor stops what runs and waits for it; plugins are closed and unloaded after that.
  ThreadExecutor(boost::asio::any_io_executor loop, const Options& options)
      : loop_(std::move(loop)), threads_(options.threads < 1 ? 1 : options.threads), room_changed_(options.room_changed), functions_(options.functions), pool_(threads_) {}

  [[nodiscard]] Capabilities capabilities() const override { return *capabilities_of("thread"); }
  boost::asio::awaitable<Outcome> run(Execution execution, Observer& observer, Brake& brake) override;
  // As many as there are threads without an attempt: what is claimed beyond that would wait here instead of in the queue.
  [[nodiscard]] std::optional<int> room(std::string_view kind) const override;

 private:
  boost::asio::awaitable<Outcome> attempt(Execution execution, Observer& observer, Brake& brake);
  [[nodiscard]] std::variant<Call::Work, SpawnFailed> work_for(const Execution& execution);
  [[nodiscard]] std::variant<Call::Work, SpawnFailed> function_work(const std::string& name) const;
  [[nodiscard]] Call::Work plugin_work(const std::string& path);

  boost::asio::any_io_executor loop_;
  const int threads_;
  const std::function<void()> room_changed_;
  const std::vector<ThreadFunction> functions_;
  std::shared_ptr<int> attempts_ = std::make_shared<int>(0);   // in the pool or waiting for it; of this and of each of them
  Plugins plugins_;
  Pool pool_;             // the last member: its threads use the others
};

}  // namespace reeve::executors::thread
