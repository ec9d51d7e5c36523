// The store thread: runs all writing SQL, in groups.
//
// It takes everything that is waiting - enqueues, claims, finishes, progress, renewals - runs it in one transaction and only then answers.
// While one group commits, the next gathers: the busier the daemon, the larger the groups and the cheaper each durable operation.
//
// run() is called on the loop thread only, and resumes there. Operations run in the order of their run() calls. The queue is bounded: above
// the bound run() fails at once with StoreError busy. A fatal StoreError goes to every waiting caller and once to `on_fatal`; from then on
// every run() fails with it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "store/store.hpp"

namespace reeve::supervisor {

// Numbers for status and metrics, all since start.
struct StoreThreadFigures {
  std::int64_t operations = 0;
  std::int64_t batches = 0;
  std::int64_t failed_batches = 0;
  std::int64_t waiting = 0;             // now
  std::chrono::nanoseconds busy{};      // time spent in batches
  std::chrono::nanoseconds last_batch{};
  std::int64_t progress_mark = 0;       // changes whenever the thread completes something; for the service watchdog
};

class StoreThread {
 public:
  struct Options {
    std::size_t batch_max = 512;
    std::size_t queue_max = 65'536;
  };

  // Starts the thread. `on_commit(last_event)` is called on the loop after each batch that appended events, before its callers are resumed.
  StoreThread(boost::asio::any_io_executor loop, std::unique_ptr<store::Store> store, Options options,
              std::function<void(store::Cursor)> on_commit, std::function<void(const store::StoreError&)> on_fatal);
  // Runs what is queued, then joins. Callers still waiting must be resumed by running the loop before it is destroyed.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  // Runs work(Store&) on the store thread inside the next group and gives its answer once that is durable. Rethrows what work or the
  // commit threw. `work` may run more than once (see store::Operation).
  template <class Work>
  auto run(Work work) -> boost::asio::awaitable<std::invoke_result_t<Work&, store::Store&>> {
    using Answer = std::invoke_result_t<Work&, store::Store&>;
    using Kept = std::conditional_t<std::is_void_v<Answer>, std::monostate, Answer>;
    std::optional<Kept> answer{};
    auto call = [&work, &answer](store::Store& store) {
      if constexpr (std::is_void_v<Answer>) {
        work(store);
        answer.emplace();
      } else {
        answer.emplace(work(store));
      }
    };
    // The frame of this coroutine outlives the call: it resumes only when the job is done.
    Call erased{&call, [](void* target, store::Store& store) { (*static_cast<decltype(call)*>(target))(store); }};
    const std::exception_ptr failed = co_await submit(erased);
    if (failed) std::rethrow_exception(failed);
    if constexpr (!std::is_void_v<Answer>) co_return std::move(*answer);
  }

  // Runs all that is queued and stops; later run() calls fail. Blocks the caller. Idempotent.
  void stop();

  [[nodiscard]] StoreThreadFigures figures() const;

 private:
  struct Call {
    void* target = nullptr;
    void (*invoke)(void*, store::Store&) = nullptr;
  };
  struct Job;

  boost::asio::awaitable<std::exception_ptr> submit(Call call);
  void push(std::unique_ptr<Job> job);
  void work();
  void execute(std::vector<std::unique_ptr<Job>>& jobs);
  void deliver(std::vector<std::unique_ptr<Job>> jobs);

  boost::asio::any_io_executor loop_;
  std::unique_ptr<store::Store> store_;
  Options options_;
  std::function<void(store::Cursor)> on_commit_;
  std::function<void(const store::StoreError&)> on_fatal_;

  mutable std::mutex mutex_{};          // guards the queue and the figures: the one crossing between loop and store thread
  std::condition_variable arrived_{};
  std::vector<std::unique_ptr<Job>> queue_{};
  bool stopping_ = false;
  std::exception_ptr broken_{};
  StoreThreadFigures figures_{};
  store::Cursor announced_{};

  std::thread thread_{};                // last: starts when everything else is there
};

}  // namespace reeve::supervisor
