// What is said to a handler, on a socket that may be full: as much as it takes now, the rest when it takes more. Never blocks the loop.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace reeve::executors::protocol {

class Outbox {
 public:
  // `socket` outlives the outbox. `overflown` is called once, when more than `most_bytes` wait to be read: the other side does not listen.
  Outbox(boost::asio::posix::stream_descriptor& socket, std::size_t most_bytes, std::function<void()> overflown);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  void say(std::string_view line);
  // Tasks that are handed over may be larger than what answers may pile up to.
  void hand_over(std::string_view line) { put(line, 0); }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size() - sent_; }

 private:
  struct Owner;
  void put(std::string_view line, std::size_t most_bytes);
  [[nodiscard]] std::size_t send_now(std::string_view bytes);
  void send_later();

  boost::asio::posix::stream_descriptor& socket_;
  std::size_t most_bytes_;
  std::function<void()> overflown_;
  std::shared_ptr<Owner> owner_;    // of this and of the wait for room that is under way
  std::string waiting_{};
  std::size_t sent_ = 0;            // of waiting_
  bool deaf_ = false;               // it closed, or does not read: another line would make no sense any more
};

}  // namespace reeve::executors::protocol
