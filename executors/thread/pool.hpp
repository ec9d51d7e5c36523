// Threads for what blocks. They are started when there is work and none is free, up to the bound, and live as long as the pool. Work begins in
// the order it was given. Any thread may call.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace reeve::executors::thread {

class Job {
 public:
  virtual ~Job() = default;
  virtual void run() noexcept = 0;    // on a thread of the pool, once
  virtual void stop() noexcept = 0;   // the pool is to end: come to an end soon; any thread, while it runs
};

class Pool {
 public:
  explicit Pool(int threads) : most_(threads < 1 ? 1U : static_cast<std::size_t>(threads)) {}
  // What waits is never run; what runs is stopped and waited for.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Shared by the pool, until the job was run or withdrawn, and by whoever awaits its end. Throws std::system_error when the job would need the
  // pool's first thread and the system gives none; then it is not taken.
  void submit(std::shared_ptr<Job> job);
  // True: it had not begun and never will.
  [[nodiscard]] bool withdraw(const Job& job);

 private:
  void ensure_thread();
  void work();
  [[nodiscard]] std::shared_ptr<Job> next();
  void done(const Job& job);

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::vector<std::shared_ptr<Job>> running_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace reeve::executors::thread
