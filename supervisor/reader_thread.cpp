#include "supervisor/reader_thread.hpp"

#include <pthread.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "store/store.hpp"

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::StoreError;

struct ReaderThread::Job {
  Job(const asio::any_io_executor& loop, Call work, std::exception_ptr* out) : call(work), failed(out), keeps_loop(loop) {}
  virtual ~Job() = default;
  virtual void deliver() = 0;
  Call call;
  std::exception_ptr* failed;
  std::exception_ptr reason{};
  asio::executor_work_guard<asio::any_io_executor> keeps_loop;
};

template <class Handler>
struct ReaderThread::Awaited final : Job {
  Awaited(const asio::any_io_executor& loop, Call work, std::exception_ptr* out, Handler resume)
      : Job(loop, work, out), handler(std::move(resume)) {}
  void deliver() override {
    *failed = reason;
    std::move(handler)();
  }
  Handler handler;
};

ReaderThread::ReaderThread(asio::any_io_executor loop, std::unique_ptr<store::Reader> reader, std::size_t queue_max)
    : loop_(std::move(loop)), reader_(std::move(reader)), queue_max_(queue_max), thread_([this] { work(); }) {}

ReaderThread::~ReaderThread() { stop(); }

asio::awaitable<void> ReaderThread::submit(Call call, std::exception_ptr* failed) {
  auto initiate = [this, call, failed](auto handler) {
    std::unique_ptr<Job> job = std::make_unique<Awaited<decltype(handler)>>(loop_, call, failed, std::move(handler));
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || queue_.size() >= queue_max_) {
        job->reason = std::make_exception_ptr(StoreError(
            StoreError::Kind::busy, stopping_ ? "the store is closed: the daemon is stopping" : "too many queries wait; try again shortly"));
      } else {
        queue_.push_back(std::move(job));
      }
    }
    if (job) {
      asio::post(loop_, [refused = std::move(job)] { refused->deliver(); });
    } else {
      arrived_.notify_one();
    }
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
}

void ReaderThread::work() {
  pthread_setname_np(pthread_self(), "reeve-reader");
  for (;;) {
    std::unique_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    try {
      job->call.invoke(job->call.target, *reader_);
    } catch (...) {
      job->reason = std::current_exception();
    }
    asio::post(loop_, [done = std::move(job)] { done->deliver(); });
  }
}

void ReaderThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace reeve::supervisor
