// One record as one line: JSON for machines, text for people. Pure.
//
// Whatever the values hold, a line of JSON is one valid object and a line of text moves no cursor: bytes that are not UTF-8 become U+FFFD,
// and everything that is invisible or changes the direction or colour of text is written as an escape.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/time.hpp"
#include "supervisor/log.hpp"

namespace reeve::supervisor {

// Which fields are masked: those whose name contains one of the words, whatever the case.
class Redaction {
 public:
  explicit Redaction(std::vector<std::string> words);
  [[nodiscard]] bool covers(std::string_view name) const;

 private:
  std::vector<std::string> words_;
};

// A longer text value is cut, and the cut is said.
inline constexpr std::size_t value_bytes_max = 64 << 10;

// The record without time and level, which the logger adds: "event":"x","task":42
[[nodiscard]] std::string json_fragment(std::string_view event, LogFields fields, const Redaction& redaction);
// x task=42
[[nodiscard]] std::string text_fragment(std::string_view event, LogFields fields, const Redaction& redaction);

// Whole lines with their newline.
[[nodiscard]] std::string json_line(store::Timestamp at, LogLevel level, std::string_view fragment);
[[nodiscard]] std::string text_line(store::Timestamp at, LogLevel level, std::string_view fragment, bool colour);

}  // namespace reeve::supervisor
