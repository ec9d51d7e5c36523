#include "cli/compose/guest_daemon.hpp"

#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

#include "cli/compose/daemon.hpp"

namespace reeve::cli::compose {

namespace {
constexpr std::chrono::milliseconds worth_a_word{500};
}

class GuestDaemon::Thread {
 public:
  Thread(const Choices& choices, const Surroundings& around)
      : daemon_(choices, around, {.until_idle = false, .is_service = false, .on_ready = [this] { serves_.set_value(true); }}) {
    auto serves = serves_.get_future();
    std::promise<void> over{};
    ended_ = over.get_future();
    thread_ = std::thread([this, over = std::move(over)]() mutable {
      const int code = daemon_.run();
      over.set_value();
      // A daemon that ended before it served has broken the promise already made to the constructor.
      if (code != 0) try { serves_.set_value(false); } catch (const std::future_error&) {}
    });
    if (serves.get()) return;
    thread_.join();
    throw std::runtime_error("cannot serve here: " + daemon_.trouble());
  }

  ~Thread() {
    if (!thread_.joinable()) return;
    daemon_.shut_down();
    daemon_.shut_down();
    thread_.join();
  }

  void end(const std::function<void()>& on_others) {
    daemon_.shut_down();
    if (ended_.wait_for(worth_a_word) == std::future_status::timeout) on_others();
    thread_.join();
  }

  [[nodiscard]] const std::string& socket() const { return daemon_.socket(); }

 private:
  std::promise<bool> serves_{};
  Daemon daemon_;
  std::future<void> ended_{};
  std::thread thread_{};
};

GuestDaemon::GuestDaemon(const Choices& choices, const Surroundings& around) : thread_(std::make_unique<Thread>(choices, around)) {}
GuestDaemon::~GuestDaemon() = default;
void GuestDaemon::end(const std::function<void()>& on_others) { thread_->end(on_others); }
const std::string& GuestDaemon::socket() const { return thread_->socket(); }

}  // namespace reeve::cli::compose
