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
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
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

// How long an operation may wait for company. `soon` lets it gather with others for `gather` at most, so that a busy daemon commits once for
// many; anything that is wanted `now` takes along all that waits.
enum class Urgency { now, soon };

class StoreThread {
 public:
  struct Options {
    std::size_t batch_max = 512;
    std::size_t queue_max = 65'536;
    std::chrono::microseconds gather{1'000};
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
  auto run(Work work, Urgency urgency = Urgency::now) -> boost::asio::awaitable<std::invoke_result_t<Work&, store::Store&>> {
    using Answer = std::invoke_result_t<Work&, store::Store&>;
    // The frame of this coroutine outlives the job: it resumes only when the job is done.
    Kept<Answer> answer{};
    auto call = [&work, &answer](store::Store& store) { keep(answer, work, store); };
    std::exception_ptr failed{};
    Call erased{&call, [](void* target, store::Store& store) { (*static_cast<decltype(call)*>(target))(store); }};
    co_await submit(erased, &failed, urgency);
    if (failed) std::rethrow_exception(failed);
    if constexpr (!std::is_void_v<Answer>) co_return std::move(*answer);
  }

  // The same for callers that are no coroutine: `done(failed, answer)` is called on the loop; the answer is a null pointer when it failed.
  template <class Work, class Done>
  void send(Work work, Done done, Urgency urgency = Urgency::now) {
    push(std::make_unique<Sent<Work, Done>>(loop_, std::move(work), std::move(done)), urgency);
  }

  // What waits for company waits no longer.
  void hurry();

  // Runs all that is queued and stops; later run() calls fail. Blocks the caller. Idempotent.
  void stop();

  [[nodiscard]] StoreThreadFigures figures() const;

 private:
  template <class Answer>
  using Kept = std::optional<std::conditional_t<std::is_void_v<Answer>, std::monostate, Answer>>;

  template <class Answer, class Work>
  static void keep(std::optional<Answer>& answer, Work& work, store::Store& store) {
    if constexpr (std::is_void_v<std::invoke_result_t<Work&, store::Store&>>) {
      work(store);
      answer.emplace();
    } else {
      answer.emplace(work(store));
    }
  }

  // One waiting operation. Holds the loop open until it has been delivered.
  struct Job : store::Operation {
    explicit Job(const boost::asio::any_io_executor& loop);
    void refuse(std::exception_ptr why) override { reason = std::move(why); }
    virtual void deliver() = 0;  // on the loop, once
    std::exception_ptr reason{};
    boost::asio::executor_work_guard<boost::asio::any_io_executor> keeps_loop;
  };

  template <class Work, class Done>
  struct Sent final : Job {
    using Answer = std::invoke_result_t<Work&, store::Store&>;
    Sent(const boost::asio::any_io_executor& loop, Work job, Done callback) : Job(loop), work(std::move(job)), done(std::move(callback)) {}
    void run(store::Store& store) override {
      reason = nullptr;
      keep(answer, work, store);
    }
    void deliver() override { done(reason, reason ? nullptr : &*answer); }
    Work work;
    Done done;
    Kept<Answer> answer{};
  };

  struct Call {
    void* target = nullptr;
    void (*invoke)(void*, store::Store&) = nullptr;
  };
  template <class Handler>
  struct Awaited;

  boost::asio::awaitable<void> submit(Call call, std::exception_ptr* failed, Urgency urgency);
  void push(std::unique_ptr<Job> job, Urgency urgency);
  void work();
  void execute(std::vector<std::unique_ptr<Job>>& jobs);
  void deliver(std::vector<std::unique_ptr<Job>> jobs, std::optional<store::Cursor> grown, std::shared_ptr<const store::StoreError> fatal);

  boost::asio::any_io_executor loop_;
  std::unique_ptr<store::Store> store_;
  Options options_;
  std::function<void(store::Cursor)> on_commit_;
  std::function<void(const store::StoreError&)> on_fatal_;

  mutable std::mutex mutex_{};          // guards the queue and the figures: the one crossing between loop and store thread
  std::condition_variable arrived_{};
  std::vector<std::unique_ptr<Job>> queue_{};
  bool stopping_ = false;
  bool urgent_ = false;                 // somebody in the queue does not want to wait
  std::exception_ptr broken_{};
  StoreThreadFigures figures_{};
  store::Cursor announced_{};

  std::thread thread_{};                // last: starts when everything else is there
};

}  // namespace reeve::supervisor
