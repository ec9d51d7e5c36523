#include "executors/make.hpp"

#include <signal.h>

#include <utility>

#include "executors/inline/inline_executor.hpp"
#include "executors/process/containment.hpp"
#include "executors/process/process_executor.hpp"
#include "executors/remote/remote_executor.hpp"
#include "executors/scoreboard/scoreboard.hpp"
#include "executors/thread/thread_executor.hpp"
#include "executors/worker/worker_executor.hpp"

namespace reeve::executors {
namespace {

class AllExecutors final : public Executors {
 public:
  AllExecutors(const boost::asio::any_io_executor& loop, const Options& options)
      : AllExecutors(loop, options, std::make_shared<process::Containment>(options),
                     std::make_shared<scoreboard::Scoreboard>(options.scoreboard, options.slots)) {}

  Executor* find(std::string_view name) override {
    if (name == process_.capabilities().name) return &process_;
    if (name == worker_.capabilities().name) return &worker_;
    if (name == inline_.capabilities().name) return &inline_;
    if (name == remote_.capabilities().name) return &remote_;
    if (name == thread_.capabilities().name) return &thread_;
    return nullptr;
  }
  void declare(std::vector<std::shared_ptr<const WorkerSpec>> pools) override { worker_.declare(std::move(pools)); }
  std::vector<PoolStatus> pools() const override { return worker_.pools(); }
  void beat() override { scoreboard_->board().beat(); }
  remote::Exchange& exchange() override { return remote_.exchange(); }
  boost::asio::awaitable<void> close() override { return worker_.close(); }
  std::vector<Feature> features() const override {
    std::vector<Feature> all = process_.features();
    all.push_back({"scoreboard", scoreboard_->kept(), scoreboard_->why()});
    return all;
  }
  std::vector<LeftChild> remove_strays() override { return process_.remove_strays(); }

 private:
  // One containment for all: it must know every first process, so that it takes none for an orphan. One scoreboard shows them all.
  AllExecutors(const boost::asio::any_io_executor& loop, const Options& options, const std::shared_ptr<process::Containment>& containment,
               std::shared_ptr<scoreboard::Scoreboard> scoreboard)
      : scoreboard_(std::move(scoreboard)),
        process_(loop, options, containment, scoreboard_),
        worker_(loop, options, containment, scoreboard_),
        inline_(loop, options, scoreboard_),
        remote_(loop, options.room_changed),
        thread_(loop, options) {}

  std::shared_ptr<scoreboard::Scoreboard> scoreboard_;   // of the executors and of each body that is seen
  process::ProcessExecutor process_;
  worker::WorkerExecutor worker_;
  in_daemon::InlineExecutor inline_;
  remote::RemoteExecutor remote_;
  thread::ThreadExecutor thread_;
};

}  // namespace

std::unique_ptr<Executors> make(boost::asio::any_io_executor loop, const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);   // a body that closes its pipes must not end the daemon
  return std::make_unique<AllExecutors>(loop, options);
}

}  // namespace reeve::executors
