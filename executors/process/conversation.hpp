// What is read from one body while it runs: its output and its protocol, in order, bounded, without ever blocking the loop. It lives in the
// frame of the attempt; finished() must be awaited before it is dropped.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/execution.hpp"
#include "executors/executor.hpp"
#include "executors/bell.hpp"
#include "executors/process/output.hpp"
#include "executors/process/pipes.hpp"
#include "executors/process/reading.hpp"
#include "executors/protocol/decoder.hpp"
#include "executors/protocol/dialogue.hpp"
#include "executors/protocol/frame_watch.hpp"
#include "executors/protocol/outbox.hpp"

namespace reeve::executors::process {

class Conversation {
 public:
  // `news` rings when the attempt should look at what changed. Takes our ends of the pipes.
  Conversation(const boost::asio::any_io_executor& loop, const Execution& execution, Observer& observer, Bell& news, ReadBuffer& buffer,
               Pipes& pipes);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void begin();
  void say(std::string_view line) { outbox_.say(line); }
  void stop_waiting_for_observer();                // what is left in the pipes is bounded now
  [[nodiscard]] bool all_read() const { return readers_ == 0; }
  [[nodiscard]] bool all_answered() const { return dialogue_.unanswered() == 0; }
  void close();                                    // ends the readers, whoever still holds the other ends

  [[nodiscard]] const std::optional<std::string>& broken() const { return dialogue_.broken(); }
  [[nodiscard]] bool suspending() const { return dialogue_.suspending(); }
  [[nodiscard]] Bell::Moment frame_deadline() const { return frame_.deadline(); }
  void frame_overdue();

  // After all_read().
  [[nodiscard]] Capture& capture() { return capture_; }
  [[nodiscard]] std::optional<protocol::Terminal>& said() { return dialogue_.said(); }
  [[nodiscard]] std::string take_printed() { return std::move(printed_); }

 private:
  struct Mouth;                                    // lets a late "drained" find out that nobody listens any more

  boost::asio::awaitable<void> read_output(Stream stream);
  boost::asio::awaitable<void> read_protocol();
  boost::asio::awaitable<void> heed_backlog(Bell& room);
  [[nodiscard]] bool crowded() const;
  template <class Reader>
  void spawn(Reader reader);

  void take_output(Stream stream, std::string_view bytes);
  void take_printed_result(std::string_view bytes);
  void take(std::vector<protocol::Message> messages);
  void pass(OutputLine line);

  const Execution& execution_;
  Observer& observer_;
  Bell& news_;
  ReadBuffer& buffer_;
  boost::asio::posix::stream_descriptor out_;
  boost::asio::posix::stream_descriptor err_;
  boost::asio::posix::stream_descriptor talk_;
  std::array<Bell, 3> room_;
  std::shared_ptr<Mouth> mouth_;
  Capture capture_;
  protocol::Decoder decoder_;
  protocol::Dialogue dialogue_;
  protocol::Outbox outbox_;
  std::string printed_{};
  protocol::FrameWatch frame_{};
  int readers_ = 0;
  bool passed_ = false;
  bool heeding_ = true;
};

}  // namespace reeve::executors::process
