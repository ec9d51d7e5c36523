#include "cli/compose/guest_daemon.hpp"

#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "cli/compose/daemon.hpp"

namespace reeve::cli::compose {

class GuestDaemon::Thread {
 public:
  Thread(const Choices& choices, const Surroundings& around)
      : daemon_(choices, around, {.until_idle = false, .is_service = false, .on_ready = [this] { serves_.set_value(true); }}) {
    auto serves = serves_.get_future();
    thread_ = std::thread([this] {
      const int code = daemon_.run();
      // A daemon that ended before it served has broken the promise already made to the constructor.
      if (code != 0) try { serves_.set_value(false); } catch (const std::future_error&) {}
    });
    if (serves.get()) return;
    thread_.join();
    throw std::runtime_error("cannot serve here: " + daemon_.trouble());
  }

  // The first request asks, the second does not wait for attempts that nobody follows any more.
  ~Thread() {
    daemon_.shut_down();
    daemon_.shut_down();
    thread_.join();
  }

  [[nodiscard]] const std::string& socket() const { return daemon_.socket(); }

 private:
  std::promise<bool> serves_{};
  Daemon daemon_;
  std::thread thread_{};
};

GuestDaemon::GuestDaemon(const Choices& choices, const Surroundings& around) : thread_(std::make_unique<Thread>(choices, around)) {}
GuestDaemon::~GuestDaemon() = default;
const std::string& GuestDaemon::socket() const { return thread_->socket(); }

}  // namespace reeve::cli::compose
