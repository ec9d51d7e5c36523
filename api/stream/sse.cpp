#include "api/stream/sse.hpp"

#include <algorithm>
#include <utility>

namespace reeve::api {

namespace {

// Cuts the first line off `rest`, whatever ends it.
std::string_view next_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  const bool both = rest.substr(end, 2) == "\r\n";
  rest.remove_prefix(std::min(end + (both ? 2 : 1), rest.size()));
  return line;
}

}  // namespace

void append_sse(std::string& out, std::string_view event, std::string_view id, std::string_view data) {
  if (!id.empty()) ((out += "id: ") += id) += '\n';
  ((out += "event: ") += event) += '\n';
  do ((out += "data: ") += next_line(data)) += '\n';
  while (!data.empty());
  out += '\n';
}

bool SseReader::feed(std::string_view bytes, const std::function<bool(const StreamMessage&)>& take) {
  for (const char c : bytes) {
    const bool second_of_two = c == '\n' && after_return_;
    after_return_ = c == '\r';
    if (second_of_two) continue;
    if (c != '\n' && c != '\r') line_ += c;
    else if (!end_line(take)) return false;
  }
  return true;
}

bool SseReader::end_line(const std::function<bool(const StreamMessage&)>& take) {
  const std::string line = std::exchange(line_, {});
  if (!line.empty()) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view value = std::string_view(line).substr(std::min(colon + 1, line.size()));
    if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    take_field(std::string_view(line).substr(0, colon), value);
    return true;
  }
  const StreamMessage message = std::exchange(message_, {});
  return !std::exchange(has_data_, false) || take(message);
}

void SseReader::take_field(std::string_view name, std::string_view value) {
  if (name == "id") message_.id = value;
  if (name == "event") message_.event = value;
  if (name != "data") return;
  if (has_data_) message_.data += '\n';
  message_.data += value;
  has_data_ = true;
}

}  // namespace reeve::api
