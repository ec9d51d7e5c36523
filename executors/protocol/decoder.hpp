// The bytes of fd 3 as lines, and the lines as messages. Pure: bytes in, messages out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "executors/protocol/message.hpp"

namespace reeve::executors::protocol {

class Decoder {
 public:
  // A line longer than `line_bytes` cannot be understood and cannot be skipped either, as it may be the result: it breaks the protocol.
  explicit Decoder(std::size_t line_bytes) : line_bytes_(line_bytes) {}

  // What the bytes complete, in order. A run of progress reports of one task becomes one: the latest of each member, but numbers that do not fall.
  [[nodiscard]] std::vector<Message> feed(std::string_view bytes);

  // The handler closed its end. An unfinished line that is a whole message counts, anything else of it is a fault.
  [[nodiscard]] std::vector<Message> finish();

  [[nodiscard]] bool inside_line() const { return !line_.empty(); }
  [[nodiscard]] bool line_too_long() const { return too_long_; }
  [[nodiscard]] std::size_t lines() const { return lines_; }   // counts finished ones; tells one unfinished line from the next

 private:
  void take_line(std::string_view line, std::vector<Message>& messages);

  std::size_t line_bytes_;
  std::string line_;
  std::size_t lines_ = 0;
  bool too_long_ = false;
};

}  // namespace reeve::executors::protocol
