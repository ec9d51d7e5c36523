#include "supervisor/store_thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <iterator>
#include <utility>

namespace reeve::supervisor {

namespace asio = boost::asio;
using store::StoreError;

StoreThread::Job::Job(const asio::any_io_executor& loop) : keeps_loop(loop) {}

// A coroutine that waits in run().
template <class Handler>
struct StoreThread::Awaited final : Job {
  Awaited(const asio::any_io_executor& loop, Call work, std::exception_ptr* out, Handler resume)
      : Job(loop), call(work), failed(out), handler(std::move(resume)) {}
  void run(store::Store& store) override {
    reason = nullptr;
    call.invoke(call.target, store);
  }
  void deliver() override {
    *failed = reason;
    std::move(handler)();
  }
  Call call;
  std::exception_ptr* failed;
  Handler handler;
};

StoreThread::StoreThread(asio::any_io_executor loop, std::unique_ptr<store::Store> store, Options options,
                         std::function<void(store::Cursor)> on_commit, std::function<void(const StoreError&)> on_fatal)
    : loop_(std::move(loop)),
      store_(std::move(store)),
      options_(options),
      on_commit_(std::move(on_commit)),
      on_fatal_(std::move(on_fatal)),
      announced_(store_->last_event()),
      thread_([this] { work(); }) {}

StoreThread::~StoreThread() { stop(); }

asio::awaitable<void> StoreThread::submit(Call call, std::exception_ptr* failed, Urgency urgency) {
  auto initiate = [this, call, failed, urgency](auto handler) {
    push(std::make_unique<Awaited<decltype(handler)>>(loop_, call, failed, std::move(handler)), urgency);
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
}

void StoreThread::push(std::unique_ptr<Job> job, Urgency urgency) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (broken_) {
      job->reason = broken_;
    } else if (stopping_) {
      job->reason = std::make_exception_ptr(StoreError(StoreError::Kind::busy, "the store is closed: the daemon is stopping"));
    } else if (queue_.size() >= options_.queue_max) {
      job->reason = std::make_exception_ptr(
          StoreError(StoreError::Kind::busy, "too many operations wait for the store (" + std::to_string(queue_.size()) + "); try again shortly"));
    } else {
      wake = queue_.empty() || (urgency == Urgency::now && !urgent_) || queue_.size() + 1 == options_.batch_max;
      urgent_ |= urgency == Urgency::now;
      queue_.push_back(std::move(job));
      figures_.waiting = static_cast<std::int64_t>(queue_.size());
    }
  }
  if (!job) {
    if (wake) arrived_.notify_one();
    return;
  }
  asio::post(loop_, [refused = std::move(job)] { refused->deliver(); });
}

void StoreThread::hurry() {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() || std::exchange(urgent_, true)) return;
  }
  arrived_.notify_one();
}

void StoreThread::work() {
  pthread_setname_np(pthread_self(), "reeve-store");
  std::vector<std::unique_ptr<Job>> jobs;
  bool untidy = true;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      const auto ready = [this] { return stopping_ || !queue_.empty(); };
      // With nothing to do for a moment, tidy up once; then sleep without a deadline, so that an idle daemon does not wake.
      if (untidy && !arrived_.wait_for(lock, std::chrono::milliseconds{500}, ready)) {
        const bool usable = !broken_;
        lock.unlock();
        try {
          untidy = usable && store_->tidy_up();
        } catch (const StoreError& error) {
          untidy = false;
          if (error.fatal()) {
            lock.lock();
            broken_ = std::current_exception();
            lock.unlock();
            deliver({}, std::nullopt, std::make_shared<StoreError>(error));
          }
        }
        continue;
      }
      arrived_.wait(lock, ready);
      if (queue_.empty()) return;  // stopping, and everything has been run
      if (!urgent_) arrived_.wait_for(lock, options_.gather, [this] { return urgent_ || stopping_ || queue_.size() >= options_.batch_max; });
      if (queue_.size() <= options_.batch_max) {
        jobs.swap(queue_);
        urgent_ = false;
      } else {
        const auto cut = queue_.begin() + static_cast<std::ptrdiff_t>(options_.batch_max);
        jobs.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(cut));
        queue_.erase(queue_.begin(), cut);
      }
      figures_.waiting = static_cast<std::int64_t>(queue_.size());
    }
    execute(jobs);
    jobs.clear();
    untidy = true;
  }
}

void StoreThread::execute(std::vector<std::unique_ptr<Job>>& jobs) {
  std::exception_ptr known_broken;
  {
    const std::lock_guard lock(mutex_);
    known_broken = broken_;
  }
  const auto begun = std::chrono::steady_clock::now();
  std::shared_ptr<const StoreError> fatal;
  bool committed = false;
  if (known_broken) {
    for (auto& job : jobs) job->reason = known_broken;
  } else {
    std::vector<store::Operation*> operations;
    operations.reserve(jobs.size());
    for (auto& job : jobs) operations.push_back(job.get());
    try {
      store_->batch(operations);
      committed = true;
    } catch (const StoreError& error) {
      for (auto& job : jobs) job->reason = std::current_exception();
      if (error.fatal()) fatal = std::make_shared<StoreError>(error);
    }
  }
  std::optional<store::Cursor> grown;
  if (const store::Cursor last = store_->last_event(); committed && last != announced_) grown = announced_ = last;
  {
    const std::lock_guard lock(mutex_);
    if (fatal) broken_ = jobs.front()->reason;
    figures_.operations += static_cast<std::int64_t>(jobs.size());
    ++(committed ? figures_.batches : figures_.failed_batches);
    ++figures_.progress_mark;
    figures_.last_batch = std::chrono::steady_clock::now() - begun;
    figures_.busy += figures_.last_batch;
  }
  deliver(std::move(jobs), grown, std::move(fatal));
}

// One hop to the loop for the whole group.
void StoreThread::deliver(std::vector<std::unique_ptr<Job>> jobs, std::optional<store::Cursor> grown, std::shared_ptr<const StoreError> fatal) {
  auto on_loop = [this, jobs = std::move(jobs), grown, fatal = std::move(fatal)] {
    if (fatal && on_fatal_) on_fatal_(*fatal);
    if (grown && on_commit_) on_commit_(*grown);
    for (const auto& job : jobs) job->deliver();
  };
  asio::post(loop_, std::move(on_loop));
}

void StoreThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) thread_.join();
}

StoreThreadFigures StoreThread::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

}  // namespace reeve::supervisor
