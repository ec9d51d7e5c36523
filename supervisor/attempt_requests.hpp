// What one running attempt asks for - steps, waits, signals, timers, further tasks - on its way into the store and back.
//
// Requests are answered in the order the store runs them, each when it is durable. A claim that was lost meanwhile is answered `lease_lost` and
// told once to `on_lost`. Loop thread only; may end before its answers come.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "executors/request.hpp"
#include "store/store.hpp"
#include "supervisor/clock.hpp"

namespace reeve::supervisor {

class ReaderThread;
class StoreThread;

// Turns what a handler wants enqueued into a task that may be stored, or says why not.
using AdmitChild = std::function<std::variant<store::NewTask, executors::Answer>(std::string_view json, store::TaskId parent)>;

class AttemptRequests {
 public:
  struct Hooks {
    std::function<void()> on_lost{};     // the claim is gone
    std::function<void()> on_due{};      // something may be due that was not before: a new task, a timer
    std::function<void(store::ClaimKey)> on_superseded{};  // a task that it enqueued takes the place of this attempt's
  };
  // What it works with outlives it, and its answers. Inputs and outputs of steps may have as many bytes as a payload.
  AttemptRequests(boost::asio::any_io_executor loop, StoreThread& store, ReaderThread& reader, const Clock& clock, const AdmitChild& admit,
                  store::ClaimKey claim, std::int64_t payload_bytes_max, Hooks hooks);
  ~AttemptRequests();
  AttemptRequests(const AttemptRequests&) = delete;
  AttemptRequests& operator=(const AttemptRequests&) = delete;

  using Reply = std::function<void(executors::Answer)>;
  void take(executors::Request request, Reply reply);

  // What is to be stored with the success of the attempt.
  [[nodiscard]] std::vector<store::NewTask> take_staged() { return std::move(staged_); }

 private:
  struct Line;

  void stop_superseded(const store::EnqueueAnswer& answer);

  void carry_out(executors::BeginStep request, Reply reply);
  void carry_out(executors::EndStep request, Reply reply);
  void carry_out(executors::Sleep request, Reply reply);
  void carry_out(executors::TakeSignal request, Reply reply);
  void carry_out(executors::AwaitSignal request, Reply reply);
  void carry_out(executors::AwaitTasks request, Reply reply);
  void carry_out(executors::SetTimer request, Reply reply);
  void carry_out(executors::CancelTimer request, Reply reply);
  void carry_out(executors::EnqueueTask request, Reply reply);
  void carry_out(executors::GetTask request, Reply reply);
  void wait(store::WaitRequest request, Reply reply);

  // Runs `work` on the store thread; `answer` makes of what it gave what is said back.
  template <class Work, class MakeAnswer>
  void ask_store(Work work, MakeAnswer make_answer, Reply reply);
  [[nodiscard]] executors::Answer lost();
  [[nodiscard]] bool fits(std::string_view what, std::string_view step, std::string_view bytes, const Reply& reply) const;
  [[nodiscard]] store::Timestamp moment_of(const std::optional<executors::Moment>& at, const std::optional<store::Millis>& after) const;

  boost::asio::any_io_executor loop_;
  StoreThread& store_;
  ReaderThread& reader_;
  const Clock& clock_;
  const AdmitChild& admit_;
  store::ClaimKey claim_;
  std::int64_t payload_bytes_max_;
  Hooks hooks_;
  std::shared_ptr<Line> line_;           // of this and of each request under way
  std::vector<store::NewTask> staged_{};
  bool told_lost_ = false;
};

}  // namespace reeve::supervisor
