// Functions inside the daemon, on its loop. Cooperative: they cannot be killed.
//
//   noop    succeeds
//   echo    succeeds with its payload
//   sleep   {"ms": 250} succeeds after that time; can be stopped
//   fail    {"code": "…", "message": "…"} fails; {"reject": true} for good; {"until_attempt": 3} fails before the third attempt and
//           then succeeds; {"times": 2} says the same as the number of failures
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <utility>

#include "executors/executor.hpp"
#include "executors/scoreboard/scoreboard.hpp"

namespace reeve::executors::in_daemon {

class InlineExecutor final : public Executor {
 public:
  InlineExecutor(boost::asio::any_io_executor loop, std::shared_ptr<scoreboard::Scoreboard> scoreboard)
      : loop_(std::move(loop)), scoreboard_(std::move(scoreboard)) {}

  [[nodiscard]] Capabilities capabilities() const override { return {"inline", false, false, false}; }
  boost::asio::awaitable<Outcome> run(Execution execution, Observer& observer, Brake& brake) override;

 private:
  boost::asio::any_io_executor loop_;
  std::shared_ptr<scoreboard::Scoreboard> scoreboard_;   // of all executors and of each attempt that runs
};

}  // namespace reeve::executors::in_daemon
