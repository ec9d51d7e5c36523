// Functions inside the daemon, on its loop. Cooperative: they cannot be killed.
//
//   noop    succeeds
//   echo    succeeds with its payload
//   sleep   {"ms": 250} succeeds after that time; can be stopped
//   fail    {"code": "…", "message": "…"} fails; {"reject": true} for good; {"until_attempt": 3} fails before the third attempt and
//           then succeeds; {"times": 2} says the same as the number of failures
//   http    {"url": "https://host/path"} sends a request, see http_request.hpp and http_answer.hpp; can be stopped
//
// Then the coroutines that the embedding program registered; a built-in of the same name comes first.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executors/capabilities.hpp"
#include "executors/inline/http_client.hpp"
#include "executors/make.hpp"
#include "executors/scoreboard/scoreboard.hpp"

namespace reeve::executors::in_daemon {

class InlineExecutor final : public Executor {
 public:
  InlineExecutor(boost::asio::any_io_executor loop, const Options& options, std::shared_ptr<scoreboard::Scoreboard> scoreboard)
      : loop_(std::move(loop)), coroutines_(options.coroutines), http_(loop_), scoreboard_(std::move(scoreboard)) {}

  [[nodiscard]] Capabilities capabilities() const override { return *capabilities_of("inline"); }
  boost::asio::awaitable<Outcome> run(Execution execution, Observer& observer, Brake& brake) override;

 private:
  [[nodiscard]] const CoroutineHandler* find(std::string_view name) const;
  [[nodiscard]] SpawnFailed unknown(const std::string& name) const;
  boost::asio::awaitable<End> run_builtin(std::string_view name, Execution& execution, Brake& brake);

  boost::asio::any_io_executor loop_;
  const std::vector<CoroutineHandler> coroutines_;
  HttpClient http_;
  std::shared_ptr<scoreboard::Scoreboard> scoreboard_;   // of all executors and of each attempt that runs
};

}  // namespace reeve::executors::in_daemon
