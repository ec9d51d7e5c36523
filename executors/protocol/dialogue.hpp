// One attempt's side of the protocol: takes what its handler says, by whatever way it came, and answers. It knows no sockets. Loop thread only.
//
//   what was said ──► understood ──► this attempt's? ──► a report   ──► the observer
//                                                        a request  ──► the observer, whose answer goes back when it comes
//                                                        a terminal ──► said(): the first one counts
//                                                        nonsense   ──► a fault; too many of them break the protocol
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "executors/executor.hpp"
#include "executors/protocol/addressee.hpp"
#include "executors/protocol/message.hpp"

namespace reeve::executors::protocol {

// The longest line a handler may say, by its limit for results: the value and 64 KiB around it. The same whatever way it speaks.
[[nodiscard]] std::size_t line_limit(std::int64_t result_bytes_max);

class Dialogue final : public Ear {
 public:
  using Reply = std::function<void(std::string line)>;
  struct Hooks {
    std::function<void(OutputLine)> log{};   // an entry of the task's log; bounded by whoever takes it
    std::function<void()> news{};            // said(), suspending(), broken() changed, or the last answer came
    // Of an attempt with a lease; of others both are empty, and messages about leases are faults.
    std::function<std::chrono::milliseconds(std::optional<std::chrono::milliseconds> wish)> renew{};   // the lease that it has now
    std::function<void()> release{};
  };
  // `ours`: whose messages are taken. The observer outlives the dialogue. A line longer than `line_bytes` is refused.
  Dialogue(Addressee ours, Observer& observer, Hooks hooks, std::size_t line_bytes);
  ~Dialogue() override;
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;

  void hear(std::string_view line, Reply reply) override;
  // A message that was understood already. `reply` is called when it has an id, or always when `channel` brings an answer anyway.
  void take(Message message, const Reply& reply, Channel channel = Channel::stream);

  [[nodiscard]] std::optional<Terminal>& said() { return said_; }
  [[nodiscard]] bool suspending() const { return suspending_; }          // it was told to suspend: it should end now
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }
  [[nodiscard]] int unanswered() const { return unanswered_; }           // requests whose answers are still to come
  void break_off(std::string why);                                       // it broke the protocol; the first reason stands
  void fault(const std::string& what);
  void stopping(StopReason reason) { stopping_ = reason; }               // each answer says so from now on

 private:
  struct Line;                                                           // lets a late answer find out that nobody listens any more

  [[nodiscard]] bool is_ours(const Message& message) const;
  void ask(Request request, std::function<void(const Answer&)> answer);
  void answered(const Answer& answer);
  [[nodiscard]] Answer take_terminal(Terminal terminal);
  [[nodiscard]] Answer take_lease(LeaseMessage message);
  [[nodiscard]] Answer take_status(StatusMessage status);
  void name_wait(Request& request);

  Addressee ours_;
  Observer& observer_;
  Hooks hooks_;
  std::size_t line_bytes_;
  std::shared_ptr<Line> line_;                                           // of this and of each request that is not answered yet
  std::optional<Terminal> said_{};
  std::optional<std::string> broken_{};
  std::optional<StopReason> stopping_{};
  bool suspending_ = false;
  int faults_ = 0;
  int unanswered_ = 0;
  int sleeps_ = 0;
  int signals_ = 0;
  int task_waits_ = 0;
};

}  // namespace reeve::executors::protocol
