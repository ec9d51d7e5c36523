// One child process an attempt.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "executors/executor.hpp"
#include "executors/make.hpp"
#include "executors/process/containment.hpp"
#include "executors/process/conversation.hpp"
#include "executors/process/environment.hpp"
#include "executors/scoreboard/scoreboard.hpp"

namespace reeve::executors::process {

class ProcessExecutor final : public Executor {
 public:
  ProcessExecutor(boost::asio::any_io_executor loop, const Options& options, std::shared_ptr<Containment> containment,
                  std::shared_ptr<scoreboard::Scoreboard> scoreboard);

  [[nodiscard]] Capabilities capabilities() const override;
  boost::asio::awaitable<Outcome> run(Execution execution, Observer& observer, Brake& brake) override;

  [[nodiscard]] std::vector<Feature> features() const;
  [[nodiscard]] std::vector<LeftChild> remove_strays();

 private:
  boost::asio::any_io_executor loop_;
  Surroundings surroundings_;
  std::string payload_folder_;
  std::shared_ptr<Containment> containment_;   // of the executors of processes and of each attempt that runs
  std::shared_ptr<scoreboard::Scoreboard> scoreboard_;   // of all executors and of each attempt that runs
  std::unique_ptr<ReadBuffer> buffer_;
};

}  // namespace reeve::executors::process
