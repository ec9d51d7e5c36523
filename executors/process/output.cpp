#include "executors/process/output.hpp"

#include <utility>

#include "executors/process/log_line.hpp"
#include "executors/utf8.hpp"

namespace reeve::executors::process {
namespace {

constexpr std::size_t stderr_tail_bytes = 4 << 10;

// A line costs an entry however short it is, so a flood of empty lines is bounded too.
constexpr std::int64_t least_bytes_a_line = 16;

std::int64_t cost_of(const OutputLine& line) {
  const auto bytes = line.meta.empty() || line.stream == Stream::entry ? line.message.size() + line.meta.size() : line.meta.size();
  return static_cast<std::int64_t>(bytes) + 1;   // and its newline
}

}  // namespace

void LineSplitter::append(std::string_view part) {
  started_ = true;
  const auto room = line_bytes_ - line_.size();
  if (part.size() > room) cut_bytes_ += static_cast<std::int64_t>(part.size() - room);
  line_.append(part.substr(0, room));
}

void LineSplitter::feed(std::string_view bytes, const Taker& take) {
  while (!bytes.empty()) {
    const auto newline = bytes.find('\n');
    append(bytes.substr(0, newline));
    if (newline == std::string_view::npos) return;
    started_ = false;
    take(std::exchange(line_, {}));
    bytes.remove_prefix(newline + 1);
  }
}

void LineSplitter::finish(const Taker& take) {
  if (std::exchange(started_, false)) take(std::exchange(line_, {}));
}

Capture::Capture(const OutputLimits& limits, Sink sink)
    : limits_(limits), sink_(std::move(sink)), out_(limits.line_bytes), err_(limits.line_bytes) {}

void Capture::print(Stream stream, std::string_view bytes) {
  output_bytes_ += static_cast<std::int64_t>(bytes.size());
  if (stream == Stream::stderr_) remember_stderr(bytes);
  auto& lines = stream == Stream::stderr_ ? err_ : out_;
  lines.feed(bytes, [&](std::string line) { keep(log_line(stream, std::move(line))); });
}

bool Capture::fits_head(std::int64_t cost) const {
  return !head_full_ && head_bytes_ + cost <= limits_.head_bytes && head_lines_ < limits_.head_bytes / least_bytes_a_line;
}

void Capture::keep(OutputLine line) {
  const auto cost = cost_of(line);
  if (fits_head(cost)) {
    head_bytes_ += cost;
    ++head_lines_;
    sink_(std::move(line));
    return;
  }
  head_full_ = true;
  tail_bytes_ += cost;
  tail_.push_back(std::move(line));
  const auto most_lines = static_cast<std::size_t>(limits_.tail_bytes / least_bytes_a_line);
  while (!tail_.empty() && (tail_bytes_ > limits_.tail_bytes || tail_.size() > most_lines)) {
    const auto lost = cost_of(tail_.front());
    tail_bytes_ -= lost;
    dropped_bytes_ += lost;
    ++dropped_lines_;
    tail_.pop_front();
  }
}

void Capture::finish() {
  out_.finish([&](std::string line) { keep(log_line(Stream::stdout_, std::move(line))); });
  err_.finish([&](std::string line) { keep(log_line(Stream::stderr_, std::move(line))); });
  if (dropped_bytes() > 0) {
    const auto cut = out_.cut_bytes() + err_.cut_bytes();
    sink_({Stream::entry, "warn",
           std::to_string(dropped_bytes()) + " bytes of output were dropped: " + std::to_string(dropped_lines_) + " whole lines, and " +
               std::to_string(cut) + " bytes of lines longer than " + std::to_string(limits_.line_bytes),
           {}});
  }
  for (auto& line : tail_) sink_(std::move(line));
  tail_.clear();
}

void Capture::remember_stderr(std::string_view bytes) {
  if (bytes.size() > stderr_tail_bytes) bytes.remove_prefix(bytes.size() - stderr_tail_bytes);
  stderr_tail_.append(bytes);
  if (stderr_tail_.size() > 4 * stderr_tail_bytes) stderr_tail_.erase(0, stderr_tail_.size() - stderr_tail_bytes);
}

std::string Capture::stderr_tail() const { return utf8_tail(stderr_tail_, stderr_tail_bytes); }

}  // namespace reeve::executors::process
