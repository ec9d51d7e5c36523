// A message must be whole within a time, counted from its first byte: who stops in the middle of one holds up all that follows.
#pragma once

#include <chrono>
#include <cstddef>

#include "executors/bell.hpp"
#include "executors/protocol/decoder.hpp"

namespace reeve::executors::protocol {

class FrameWatch {
 public:
  static constexpr std::chrono::seconds time{10};
  static constexpr const char* overdue = "half a protocol message and nothing more for 10 s";

  // After each read. `news` is rung when the deadline is another.
  void look(const Decoder& decoder, Bell& news) {
    if (!decoder.inside_line()) {
      deadline_ = Bell::never;
    } else if (deadline_ == Bell::never || line_ != decoder.lines()) {
      deadline_ = Bell::after(time);
      news.ring();
    }
    line_ = decoder.lines();
  }
  void end() { deadline_ = Bell::never; }                       // nothing more is read, or it is dealt with
  [[nodiscard]] Bell::Moment deadline() const { return deadline_; }

 private:
  std::size_t line_ = 0;                                        // the one that is incomplete
  Bell::Moment deadline_ = Bell::never;
};

}  // namespace reeve::executors::protocol
