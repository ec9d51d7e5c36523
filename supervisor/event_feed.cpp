#include "supervisor/event_feed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace reeve::supervisor {

namespace asio = boost::asio;

// Lives in the frame of wait_beyond; leaves the set with it, also when the frame is destroyed while it waits.
struct EventFeed::Waiter {
  Waiter(EventFeed& owner, store::Cursor cursor, std::chrono::milliseconds timeout)
      : feed(owner), seen(cursor), timer(owner.loop_, timeout) {
    feed.waiters_.insert(this);
  }
  ~Waiter() { feed.waiters_.erase(this); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  EventFeed& feed;
  store::Cursor seen;
  asio::steady_timer timer;
};

EventFeed::EventFeed(asio::any_io_executor loop, store::Cursor last) : loop_(std::move(loop)), last_(last) {}
EventFeed::~EventFeed() = default;

void EventFeed::announce(store::Cursor last) {
  last_ = last;
  for (Waiter* waiter : waiters_)
    if (waiter->seen < last_) waiter->timer.cancel();
}

asio::awaitable<bool> EventFeed::wait_beyond(store::Cursor seen, std::chrono::milliseconds timeout) {
  if (last_ > seen || closed_) co_return last_ > seen;
  Waiter waiter(*this, seen, timeout);
  co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return last_ > seen;
}

void EventFeed::close() {
  closed_ = true;
  for (Waiter* waiter : waiters_) waiter->timer.cancel();
}

}  // namespace reeve::supervisor
