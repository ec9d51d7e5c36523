#include "cli/compose/watchdog.hpp"

#include <utility>

#include "supervisor/store_thread.hpp"

namespace reeve::cli::compose {
namespace {

// Three looks in an interval: one may be late, and one may find the store busy with a long commit.
constexpr int looks_per_interval = 3;

}  // namespace

Watchdog::Watchdog(boost::asio::any_io_executor loop, const ServiceManager& manager, const supervisor::StoreThread& store)
    : timer_(std::move(loop)), manager_(manager), store_(store) {}

void Watchdog::start() {
  if (manager_.watchdog_interval()) look();
}

void Watchdog::look() {
  const supervisor::StoreThreadFigures figures = store_.figures();
  const StoreProgress now{figures.waiting, figures.progress_mark};
  if (works(seen_, now)) manager_.watchdog();
  seen_ = now;
  timer_.expires_after(*manager_.watchdog_interval() / looks_per_interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look();
  });
}

}  // namespace reeve::cli::compose
