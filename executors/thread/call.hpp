// One attempt of a function, seen from both sides: the thread of the pool that runs it, and the loop that awaits it.
//
// What the function reports crosses to the loop in order, through a queue with a bound: a function that reports faster than the loop hears waits.
// After a stop nobody waits any more; what finds no room then is dropped.
//
// Two owners: the pool, until the function has returned, and the frame of the attempt. The Execution lies in here, so that a frame that is
// destroyed early takes nothing away from the function.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

#include "executors/executor.hpp"
#include "executors/make.hpp"
#include "executors/thread/pool.hpp"

namespace reeve::executors::thread {

struct Begun {};
struct SignOfLife {};
using Report = std::variant<Begun, SignOfLife, ProgressReport, OutputLine>;

class Call final : public FunctionContext, public Job, public std::enable_shared_from_this<Call> {
 public:
  // What is done on the thread; what it answers is the end of the attempt.
  using Work = std::function<End(Call& call)>;
  Call(boost::asio::any_io_executor loop, Execution execution, Work work)
      : loop_(std::move(loop)), execution_(std::move(execution)), work_(std::move(work)) {}

  // Of the function; any thread while it runs.
  [[nodiscard]] const Execution& execution() const override { return execution_; }
  [[nodiscard]] bool stop_requested() const override { return stop_; }
  void progress(ProgressReport report) override;
  void log(std::string level, std::string message) override;
  void beat() override;
  // The body runs from here on. False: a stop was faster, it is not to run.
  [[nodiscard]] bool begin();

  void run() noexcept override;
  void stop() noexcept override;      // any thread

  // Of the loop. `news` is called on it, soon after there is something to take.
  void listen(std::function<void()> news) { news_ = std::move(news); }
  void ring() const {
    if (news_) news_();
  }
  // The observer holds too much: what is reported stays here, and so the function waits, until resume(), which comes whenever it likes.
  void hold() { held_ = true; }
  void resume() {
    held_ = false;
    ring();
  }
  [[nodiscard]] bool held() const { return held_; }
  // Nobody listens any more: stops the function, drops what it reports, and leaves the loop alone.
  void abandon();
  [[nodiscard]] std::deque<Report> take();
  // Set by the last report; what was reported before it can still be taken.
  [[nodiscard]] std::optional<End> end() const;

 private:
  void put(Report report);
  void announce();                    // under the mutex

  boost::asio::any_io_executor loop_;
  const Execution execution_;
  const Work work_;
  std::function<void()> news_{};      // the loop's alone, as is the next
  bool held_ = false;
  std::atomic<bool> stop_ = false;

  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Report> reports_;
  std::optional<End> end_{};
  bool announced_ = false;
  bool abandoned_ = false;
};

}  // namespace reeve::executors::thread
