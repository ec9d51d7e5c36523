#include "executors/make.hpp"

#include <signal.h>

#include <utility>

#include "executors/inline/inline_executor.hpp"
#include "executors/process/process_executor.hpp"
#include "executors/thread/thread_executor.hpp"

namespace reeve::executors {
namespace {

class AllExecutors final : public Executors {
 public:
  AllExecutors(const boost::asio::any_io_executor& loop, const Options& options) : process_(loop, options), inline_(loop, options), thread_(loop, options) {}

  Executor* find(std::string_view name) override {
    if (name == process_.capabilities().name) return &process_;
    if (name == inline_.capabilities().name) return &inline_;
    if (name == thread_.capabilities().name) return &thread_;
    return nullptr;
  }
  void declare(std::vector<std::shared_ptr<const WorkerSpec>>) override {}
  std::vector<PoolStatus> pools() const override { return {}; }
  boost::asio::awaitable<void> close() override { co_return; }
  std::vector<Feature> features() const override { return process_.features(); }
  std::vector<LeftChild> remove_strays() override { return process_.remove_strays(); }

 private:
  process::ProcessExecutor process_;
  in_daemon::InlineExecutor inline_;
  thread::ThreadExecutor thread_;
};

}  // namespace

std::unique_ptr<Executors> make(boost::asio::any_io_executor loop, const Options& options) {
  ::signal(SIGPIPE, SIG_IGN);   // a body that closes its pipes must not end the daemon
  return std::make_unique<AllExecutors>(loop, options);
}

}  // namespace reeve::executors
