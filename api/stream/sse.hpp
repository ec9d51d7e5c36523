// Server-Sent Events as text, written and read.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "api/client.hpp"

namespace reeve::api {

// Appends one message. Line ends inside `data` become further data lines, as the format wants it. `id` empty: the message moves no cursor.
void append_sse(std::string& out, std::string_view event, std::string_view id, std::string_view data);
// A comment: keeps the connection alive and says nothing.
inline constexpr std::string_view sse_comment = ":\n\n";

// Takes the bytes of a stream as they come and gives back whole messages.
class SseReader {
 public:
  // Calls `take` for each message that is complete; stops and returns false when it does.
  bool feed(std::string_view bytes, const std::function<bool(const StreamMessage&)>& take);

 private:
  bool end_line(const std::function<bool(const StreamMessage&)>& take);
  void take_field(std::string_view name, std::string_view value);

  std::string line_{};
  StreamMessage message_{};
  bool has_data_ = false;
  bool after_return_ = false;
};

}  // namespace reeve::api
