// Tells the service manager that the daemon works - and falls silent when it does not.
//
// The timer runs on the loop, so a loop that hangs says nothing. The store thread is looked at: when it has had the same work in hand since
// the last look, nothing is said either, and the service manager restarts the daemon.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>

#include "cli/compose/notify.hpp"

namespace reeve::supervisor {
class StoreThread;
}

namespace reeve::cli::compose {

// What is seen of the store thread at one look.
struct StoreProgress {
  std::int64_t waiting = 0;
  std::int64_t mark = 0;
};

// Idle counts as working: there is nothing that could progress.
[[nodiscard]] constexpr bool works(StoreProgress before, StoreProgress now) {
  return now.waiting == 0 || before.waiting == 0 || now.mark != before.mark;
}

class Watchdog {
 public:
  Watchdog(boost::asio::any_io_executor loop, const ServiceManager& manager, const supervisor::StoreThread& store);
  // Does nothing when the service manager wants no signs of life.
  void start();
  void stop() { timer_.cancel(); }

 private:
  void look();

  boost::asio::steady_timer timer_;
  const ServiceManager& manager_;
  const supervisor::StoreThread& store_;
  StoreProgress seen_{};
};

}  // namespace reeve::cli::compose
