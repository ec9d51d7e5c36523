// What a body prints, bounded. Lines pass as they come until the head is full; then the last ones are kept and passed at the end, after
// one entry that says how much was dropped between. Bytes are never changed. Time is linear in what is printed, memory is the tail.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "executors/execution.hpp"
#include "executors/executor.hpp"

namespace reeve::executors::process {

// Bytes to lines. Of a longer line the first `line_bytes` are kept and the rest is counted.
class LineSplitter {
 public:
  using Taker = std::function<void(std::string line)>;
  explicit LineSplitter(std::int64_t line_bytes) : line_bytes_(static_cast<std::size_t>(line_bytes)) {}

  void feed(std::string_view bytes, const Taker& take);
  void finish(const Taker& take);   // a last line without a newline
  [[nodiscard]] std::int64_t cut_bytes() const { return cut_bytes_; }

 private:
  void append(std::string_view part);

  std::size_t line_bytes_;
  std::string line_;
  bool started_ = false;
  std::int64_t cut_bytes_ = 0;
};

// Everything one attempt prints: stdout, stderr, and the log entries of its protocol, under one bound.
class Capture {
 public:
  using Sink = std::function<void(OutputLine)>;
  Capture(const OutputLimits& limits, Sink sink);

  void print(Stream stream, std::string_view bytes);   // stdout or stderr
  void entry(OutputLine line) { keep(std::move(line)); }
  void finish();                                        // passes the tail

  [[nodiscard]] std::int64_t output_bytes() const { return output_bytes_; }
  [[nodiscard]] std::int64_t dropped_bytes() const { return dropped_bytes_ + out_.cut_bytes() + err_.cut_bytes(); }
  [[nodiscard]] std::string stderr_tail() const;        // valid UTF-8, at most 4 KiB

 private:
  void keep(OutputLine line);
  [[nodiscard]] bool fits_head(std::int64_t cost) const;
  void remember_stderr(std::string_view bytes);

  OutputLimits limits_;
  Sink sink_;
  LineSplitter out_;
  LineSplitter err_;
  std::int64_t head_bytes_ = 0;
  std::int64_t head_lines_ = 0;
  bool head_full_ = false;
  std::deque<OutputLine> tail_;
  std::int64_t tail_bytes_ = 0;
  std::int64_t dropped_bytes_ = 0;
  std::int64_t dropped_lines_ = 0;
  std::int64_t output_bytes_ = 0;
  std::string stderr_tail_;
};

}  // namespace reeve::executors::process
