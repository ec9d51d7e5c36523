// Fires the ticks of schedules: a timer to the next one, then one store operation a tick.
//
// A tick whose task is refused (its handler was removed) or whose operation failed is tried again after a while; nothing of its schedule is fired
// before. The wall clock decides, so the timer also looks again at least every `look_again` while a tick is to come: a clock
// that is set, or a machine that slept, is noticed then. Without schedules there is no timer.
//
// Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/clock.hpp"
#include "supervisor/core/schedule_book.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::supervisor {

class ScheduleKeeper {
 public:
  static constexpr store::Millis look_again{60'000};

  struct Hooks {
    std::function<void()> due;                              // tasks were stored
    std::function<void(store::ClaimKey)> stop;              // an attempt is superseded
    std::function<std::shared_ptr<const handlers::Handlers>()> handlers;
  };
  ScheduleKeeper(const Supervisor::Parts& parts, Hooks hooks);

  // Makes the declared schedules known to the store, forgets those that are no longer declared, reads the added ones.
  boost::asio::awaitable<void> declare();
  // The same after a reload; returns at once.
  void declare_again();
  // Ticks from now on; nothing before. After end() nothing any more, even if that came first: a daemon may be told to stop while it starts.
  void begin();
  void end();

  // As the API says them; each is durable when it is answered.
  boost::asio::awaitable<store::SchedulePut> add(std::shared_ptr<const handlers::Schedule> schedule, std::string spec, std::string actor);
  boost::asio::awaitable<store::ScheduleRemoved> remove(std::string name, std::string actor);
  boost::asio::awaitable<bool> pause(std::string name, std::string reason, std::string actor);
  boost::asio::awaitable<bool> resume(std::string name, std::string actor);

  [[nodiscard]] const ScheduleBook& book() const { return book_; }

 private:
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<void> fire_due();
  boost::asio::awaitable<bool> fire(std::shared_ptr<const handlers::Schedule> schedule, store::Timestamp tick);
  boost::asio::awaitable<void> leave_out(std::shared_ptr<const handlers::Schedule> schedule, store::Timestamp tick);
  boost::asio::awaitable<void> take_row(std::shared_ptr<const handlers::Schedule> schedule);
  void could_not(const handlers::Schedule& schedule, store::Timestamp tick, const std::string& why);
  void report(const std::exception_ptr& failed);
  void wake() { timer_.cancel(); }

  const Supervisor::Parts& parts_;
  Hooks hooks_;
  ScheduleBook book_{};
  boost::asio::steady_timer timer_;
  enum class Life { before, running, over };
  Life life_ = Life::before;
};

}  // namespace reeve::supervisor
