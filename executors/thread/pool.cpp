#include "executors/thread/pool.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace reeve::executors::thread {
namespace {

// Threads inherit the mask of their creator. Signals are for the loop, and calls of a function should not be interrupted by them; faults must
// stay deliverable, or the kernel could not even say what happened.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) ::sigdelset(&all, fault);
    ::pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

auto same(const Job& job) {
  return [&job](const std::shared_ptr<Job>& other) { return other.get() == &job; };
}

}  // namespace

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    waiting_.clear();
    for (const auto& job : running_) job->stop();
  }
  news_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Pool::submit(std::shared_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= idle_) ensure_thread();
  waiting_.push_back(std::move(job));
  news_.notify_one();
}

void Pool::ensure_thread() {
  if (threads_.size() >= most_) return;
  const SignalsBlocked blocked;
  try {
    threads_.reserve(most_);
    threads_.emplace_back([this] { work(); });
    ::pthread_setname_np(threads_.back().native_handle(), "reeve-function");
  } catch (const std::system_error&) {
    if (threads_.empty()) throw;   // with fewer threads than wanted the work only takes longer
  }
}

bool Pool::withdraw(const Job& job) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(waiting_, same(job)) > 0;
}

void Pool::work() {
  while (const auto job = next()) {
    job->run();
    done(*job);
  }
}

std::shared_ptr<Job> Pool::next() {
  std::unique_lock lock(mutex_);
  ++idle_;
  news_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
  --idle_;
  if (ending_) return nullptr;
  auto job = std::move(waiting_.front());
  waiting_.pop_front();
  running_.push_back(job);
  return job;
}

void Pool::done(const Job& job) {
  const std::lock_guard lock(mutex_);
  std::erase_if(running_, same(job));
}

}  // namespace reeve::executors::thread
