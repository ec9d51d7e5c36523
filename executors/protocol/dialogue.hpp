// One attempt's side of the protocol: takes what its handler says, by whatever way it came, and answers. It knows no sockets. Loop thread only.
//
//   what was said ──► understood ──► this attempt's? ──► a report   ──► the observer
//                                                        a request  ──► the observer, whose answer goes back when it comes
//                                                        a terminal ──► said(): the first one counts
//                                                        nonsense   ──► a fault; too many of them break the protocol
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "executors/executor.hpp"
#include "executors/protocol/addressee.hpp"
#include "executors/protocol/message.hpp"

namespace reeve::executors::protocol {

class Dialogue final : public Ear {
 public:
  using Reply = std::function<void(std::string line)>;
  struct Hooks {
    std::function<void(OutputLine)> log{};   // an entry of the task's log; bounded by whoever takes it
    std::function<void()> news{};            // said(), suspending(), broken() changed, or the last answer came
  };
  // `ours`: whose messages are taken. The observer outlives the dialogue.
  Dialogue(Addressee ours, Observer& observer, Hooks hooks);
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

 private:
  struct Line;                                                           // lets a late answer find out that nobody listens any more

  [[nodiscard]] bool is_ours(const Message& message) const;
  void ask(Request request, std::function<void(const Answer&)> answer);
  void answered(const Answer& answer);
  void take_terminal(Terminal terminal);
  void name_wait(Request& request);

  Addressee ours_;
  Observer& observer_;
  Hooks hooks_;
  std::shared_ptr<Line> line_;                                           // of this and of each request that is not answered yet
  std::optional<Terminal> said_{};
  std::optional<std::string> broken_{};
  bool suspending_ = false;
  int faults_ = 0;
  int unanswered_ = 0;
  int sleeps_ = 0;
  int signals_ = 0;
  int task_waits_ = 0;
};

}  // namespace reeve::executors::protocol
