#include "executors/thread/call.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "executors/function_end.hpp"

namespace reeve::executors::thread {
namespace {

constexpr std::size_t most_reports = 64;

}  // namespace

void Call::progress(ProgressReport report) { put(checked(std::move(report))); }
void Call::log(std::string level, std::string message) { put(log_entry(std::move(level), message)); }
void Call::beat() { put(SignOfLife{}); }

bool Call::begin() {
  if (stop_) return false;
  put(Begun{});
  return true;
}

void Call::run() noexcept {
  End end;
  try {
    end = work_(*this);
  } catch (...) {
    end = end_of(std::current_exception());
  }
  const std::lock_guard lock(mutex_);
  end_ = std::move(end);
  announce();
}

void Call::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  room_.notify_all();
}

void Call::abandon() {
  news_ = nullptr;
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    abandoned_ = true;
  }
  room_.notify_all();
}

std::deque<Report> Call::take() {
  std::deque<Report> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(reports_);
  }
  room_.notify_all();
  return taken;
}

std::optional<End> Call::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

void Call::put(Report report) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return reports_.size() < most_reports || stop_; });
  if (reports_.size() >= most_reports || abandoned_) return;
  reports_.push_back(std::move(report));
  announce();
}

// One message to the loop for all that was reported until it is heard. Nobody who was abandoned may touch the loop, which may be gone.
void Call::announce() {
  if (announced_ || abandoned_) return;
  announced_ = true;
  boost::asio::post(loop_, [weak = weak_from_this()] {
    const auto call = weak.lock();
    if (!call) return;
    {
      const std::lock_guard lock(call->mutex_);
      call->announced_ = false;
    }
    call->ring();
  });
}

}  // namespace reeve::executors::thread
