#include "executors/remote/remote_executor.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "executors/bell.hpp"
#include "executors/protocol/terminal.hpp"
#include "executors/remote/ticket.hpp"

namespace reeve::executors::remote {
namespace {

namespace asio = boost::asio;

// What is said about results where there is no declaration of a process: kept, up to 1 MiB.
const ProcessSpec as_declared{};

Outcome ended(End end) {
  Outcome outcome;
  outcome.end = std::move(end);
  return outcome;
}

OutputLine notice(std::string message) { return {.stream = Stream::entry, .level = "info", .message = std::move(message)}; }

// Watches one ticket to its end. Lives in the frame of run().
class Attendance {
 public:
  Attendance(Ticket& ticket, Bell& news, Brake& brake, std::chrono::milliseconds grace) : ticket_(ticket), news_(news), brake_(brake), grace_(grace) {
    brake_.listen([this] { news_.ring(); });
  }
  ~Attendance() { brake_.listen({}); }

  asio::awaitable<void> attend() {
    while (!over()) {
      co_await news_.wait(std::min(ticket_.lease_ends(), patience_));
      if (brake_.reason() && !stop_) ask_to_stop(*brake_.reason());
    }
  }
  // Once nobody may speak any more.
  asio::awaitable<void> answer_the_rest() {
    while (ticket_.dialogue().unanswered() > 0) co_await news_.wait(Bell::never);
  }

  End end() {
    protocol::Dialogue& dialogue = ticket_.dialogue();
    if (dialogue.broken() && !dialogue.said()) return ProtocolError{*dialogue.broken()};
    if (dialogue.said() && counts(*dialogue.said())) return protocol::meaning(protocol::accepted(std::move(*dialogue.said()), as_declared));
    if (dialogue.suspending()) return Suspended{};
    if (stop_) return Stopped{*stop_};
    if (ticket_.released()) return Stopped{StopReason::shutdown};
    return Stopped{StopReason::lease_lost};
  }

 private:
  // Under a stop only success and suspension came first; anything else is how the stop ended it.
  [[nodiscard]] bool counts(const protocol::Terminal& said) const {
    return !stop_ || std::holds_alternative<protocol::ResultMessage>(said) || std::holds_alternative<protocol::SuspendMessage>(said);
  }
  bool over() {
    protocol::Dialogue& dialogue = ticket_.dialogue();
    const bool impatient = stop_ && (brake_.kill_now() || Bell::past(patience_));
    return dialogue.said() || dialogue.broken() || ticket_.released() || impatient || Bell::past(ticket_.lease_ends());
  }
  void ask_to_stop(StopReason reason) {
    stop_ = reason;
    ticket_.dialogue().stopping(reason);
    patience_ = Bell::after(grace_);
  }

  Ticket& ticket_;
  Bell& news_;
  Brake& brake_;
  std::chrono::milliseconds grace_;
  std::optional<StopReason> stop_{};
  Bell::Moment patience_ = Bell::never;
};

}  // namespace

asio::awaitable<Outcome> RemoteExecutor::run(Execution execution, Observer& observer, Brake& brake) {
  if (brake.reason()) co_return ended(Stopped{*brake.reason()});
  const auto taken = exchange_.hand_over(execution);
  if (!taken) co_return ended(Stopped{StopReason::shutdown});   // who waited is gone: the task goes back at no cost
  Bell news(loop_);
  Ticket ticket(execution, observer, news, taken->lease);
  observer.started(0);
  if (!taken->worker.empty()) observer.output(notice("claimed by the remote worker " + taken->worker));
  observer.listening(&ticket);
  Attendance attendance(ticket, news, brake, execution.stop_grace);
  co_await attendance.attend();
  observer.listening(nullptr);
  co_await attendance.answer_the_rest();
  ticket.log().finish();
  co_return ended(attendance.end());
}

}  // namespace reeve::executors::remote
