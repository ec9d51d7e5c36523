#include "executors/make.hpp"

#include <signal.h>

#include <utility>

#include "executors/inline/inline_executor.hpp"
#include "executors/process/process_executor.hpp"
#include "executors/remote/remote_executor.hpp"
#include "executors/scoreboard/scoreboard.hpp"

namespace reeve::executors {
namespace {

class AllExecutors final : public Executors {
 public:
  AllExecutors(const boost::asio::any_io_executor& loop, const Options& options)
      : scoreboard_(std::make_shared<scoreboard::Scoreboard>(options.scoreboard, options.slots)),
        process_(loop, options, scoreboard_),
        inline_(loop, scoreboard_),
        remote_(loop, options.room_changed) {}

  Executor* find(std::string_view name) override {
    if (name == process_.capabilities().name) return &process_;
    if (name == inline_.capabilities().name) return &inline_;
    if (name == remote_.capabilities().name) return &remote_;
    return nullptr;
  }
  void declare(std::vector<std::shared_ptr<const WorkerSpec>>) override {}
  std::vector<PoolStatus> pools() const override { return {}; }
  void beat() override { scoreboard_->board().beat(); }
  remote::Exchange& exchange() override { return remote_.exchange(); }
  boost::asio::awaitable<void> close() override { co_return; }
  std::vector<Feature> features() const override {
    std::vector<Feature> all = process_.features();
    all.push_back({"scoreboard", scoreboard_->kept(), scoreboard_->why()});
    return all;
  }
  std::vector<LeftChild> remove_strays() override { return process_.remove_strays(); }

 private:
  std::shared_ptr<scoreboard::Scoreboard> scoreboard_;   // of the executors and of each body that is seen
  process::ProcessExecutor process_;
  in_daemon::InlineExecutor inline_;
  remote::RemoteExecutor remote_;
};

}  // namespace

std::unique_ptr<Executors> make(boost::asio::any_io_executor loop, const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);   // a body that closes its pipes must not end the daemon
  return std::make_unique<AllExecutors>(loop, options);
}

}  // namespace reeve::executors
