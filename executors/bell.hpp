// Something happened: the one thing a coroutine of an attempt waits for. A ring with nobody waiting is kept for the next wait.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace reeve::executors {

class Bell {
 public:
  using Moment = boost::asio::steady_timer::time_point;
  static constexpr Moment never = Moment::max();
  [[nodiscard]] static Moment after(std::chrono::milliseconds time) { return Moment::clock::now() + time; }
  [[nodiscard]] static bool past(Moment moment) { return moment != never && Moment::clock::now() >= moment; }

  explicit Bell(const boost::asio::any_io_executor& loop) : timer_(loop) {}

  void ring() {
    rung_ = true;
    if (waiting_) timer_.cancel();
  }

  // Until a ring or the moment, whichever is first.
  boost::asio::awaitable<void> wait(Moment moment) {
    if (!rung_) {
      waiting_ = true;
      timer_.expires_at(moment);
      co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      waiting_ = false;
    }
    rung_ = false;
  }

 private:
  boost::asio::steady_timer timer_;
  bool rung_ = false;
  bool waiting_ = false;
};

}  // namespace reeve::executors
