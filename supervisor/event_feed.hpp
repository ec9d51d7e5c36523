// Tells whoever waits that the event log has grown.
//
// Readers of the log never miss an event and never see one twice because they read by cursor; the feed only says when to look again. Loop
// thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <unordered_set>

#include "store/task.hpp"

namespace reeve::supervisor {

class EventFeed {
 public:
  EventFeed(boost::asio::any_io_executor loop, store::Cursor last);
  ~EventFeed();

  [[nodiscard]] store::Cursor last() const { return last_; }

  // The log now ends at `last`: resumes everyone who waits for something before it.
  void announce(store::Cursor last);

  // Resumes when the log has grown beyond `seen` (true), or after `timeout` or when the feed closes (false).
  boost::asio::awaitable<bool> wait_beyond(store::Cursor seen, std::chrono::milliseconds timeout);

  // Resumes everyone; from now on wait_beyond returns at once. For shutdown.
  void close();
  [[nodiscard]] bool closed() const { return closed_; }

 private:
  struct Waiter;
  boost::asio::any_io_executor loop_;
  store::Cursor last_;
  bool closed_ = false;
  std::unordered_set<Waiter*> waiters_{};  // each lives in the frame of its wait_beyond
};

}  // namespace reeve::supervisor
