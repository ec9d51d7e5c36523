#include "executors/protocol/decoder.hpp"

#include <algorithm>
#include <utility>

namespace reeve::executors::protocol {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

bool is_progress(const Message& message) { return message.id.empty() && std::holds_alternative<ProgressReport>(message.body); }

bool same_speaker(const Message& one, const Message& other) { return one.task == other.task && one.epoch == other.epoch; }

// As the store keeps it: who reports 60 and then 20 has reached 60.
void absorb(ProgressReport& kept, ProgressReport&& next) {
  if (next.percent) kept.percent = std::max(kept.percent.value_or(0), *next.percent);
  if (next.current) kept.current = std::max(kept.current.value_or(0), *next.current);
  if (next.total) kept.total = next.total;
  if (!next.label.empty()) kept.label = std::move(next.label);
  if (!next.meta.empty()) kept.meta = std::move(next.meta);
}

}  // namespace

void Decoder::take_line(std::string_view line, std::vector<Message>& messages) {
  ++lines_;
  if (is_blank(line)) return;
  Message message = understand(line);
  if (!messages.empty() && is_progress(message) && is_progress(messages.back()) && same_speaker(message, messages.back()))
    absorb(std::get<ProgressReport>(messages.back().body), std::get<ProgressReport>(std::move(message.body)));
  else messages.push_back(std::move(message));
}

std::vector<Message> Decoder::feed(std::string_view bytes) {
  std::vector<Message> messages;
  while (!bytes.empty() && !too_long_) {
    const auto newline = bytes.find('\n');
    const auto part = bytes.substr(0, newline);
    if (line_.size() + part.size() > line_bytes_) {
      too_long_ = true;
      break;
    }
    if (newline == std::string_view::npos) {
      line_.append(part);
      break;
    }
    if (line_.empty()) {
      take_line(part, messages);
    } else {
      line_.append(part);
      const std::string line = std::exchange(line_, {});
      take_line(line, messages);
    }
    bytes.remove_prefix(newline + 1);
  }
  return messages;
}

std::vector<Message> Decoder::finish() {
  std::vector<Message> messages;
  if (line_.empty() || too_long_) return messages;
  const std::string line = std::exchange(line_, {});
  take_line(line, messages);
  return messages;
}

}  // namespace reeve::executors::protocol
