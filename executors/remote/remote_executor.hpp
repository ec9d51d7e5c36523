// Attempts that run elsewhere: a worker claimed them over HTTP and speaks for them with their token. They cannot be killed: what ends is the
// right to speak for the task. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <optional>
#include <string_view>

#include "executors/capabilities.hpp"
#include "executors/executor.hpp"
#include "executors/remote/exchange.hpp"

namespace reeve::executors::remote {

class RemoteExecutor final : public Executor {
 public:
  RemoteExecutor(boost::asio::any_io_executor loop, std::function<void()> room_changed) : loop_(loop), exchange_(loop, std::move(room_changed)) {}

  [[nodiscard]] Capabilities capabilities() const override { return *capabilities_of("remote"); }
  // A worker that falls silent for its lease, or that ignores a stop for the grace of the attempt, loses the task: its further words are
  // refused. The first is a lost runner's end, the second ends as the stop wanted.
  boost::asio::awaitable<Outcome> run(Execution execution, Observer& observer, Brake& brake) override;
  [[nodiscard]] std::optional<int> room(std::string_view kind) const override { return exchange_.room(kind); }

  [[nodiscard]] Exchange& exchange() { return exchange_; }

 private:
  boost::asio::any_io_executor loop_;
  Exchange exchange_;
};

}  // namespace reeve::executors::remote
