// Waits for the end of tasks and batches on behalf of many clients with one reader of the event log.
//
// However many wait, each growth of the log is read once, and only while somebody waits. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <utility>

#include "api/server.hpp"
#include "store/task.hpp"

namespace reeve::api {

class TaskWatch {
 public:
  explicit TaskWatch(const Backend& backend);

  enum class Sort { task, batch };
  using Awaited = std::pair<Sort, std::int64_t>;

  // One client's place in the watch, from its making on: an end that comes after that is not missed.
  class Waiter {
   public:
    Waiter(TaskWatch& watch, store::TaskId task);
    Waiter(TaskWatch& watch, store::BatchId batch);
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    // True: the task or batch has ended, or is gone, since the last call. False: after `timeout`, or because the daemon stops.
    boost::asio::awaitable<bool> wait(std::chrono::milliseconds timeout);

   private:
    friend class TaskWatch;
    Waiter(TaskWatch& watch, const Awaited& awaited);
    TaskWatch& watch_;
    std::multimap<Awaited, Waiter*>::iterator place_{};
    boost::asio::steady_timer timer_;
    bool ended_ = false;
  };

  // Serves the waiters until the feed closes.
  boost::asio::awaitable<void> run();
  // Lets run() see that the feed has closed.
  void stop();

 private:
  boost::asio::awaitable<void> read_news();
  void wake(const Awaited& awaited);

  const Backend& backend_;
  boost::asio::steady_timer first_waiter_;        // expires never; cancelled when there is work for run()
  std::multimap<Awaited, Waiter*> waiters_{};
  store::Cursor seen_{};
};

}  // namespace reeve::api
