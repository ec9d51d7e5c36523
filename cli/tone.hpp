// How a piece of text is meant; whether that becomes a colour is decided where it is written.
#pragma once

#include <string>
#include <string_view>

namespace reeve::cli {

enum class Tone { plain, strong, faint, good, warn, bad };

// `text` in the colour of its tone, or as it is.
[[nodiscard]] inline std::string toned(std::string_view text, Tone tone, bool colour) {
  if (!colour || tone == Tone::plain || text.empty()) return std::string(text);
  const char* const codes[] = {"", "1", "2", "32", "33", "31"};
  return "\x1b[" + std::string(codes[static_cast<int>(tone)]) + "m" + std::string(text) + "\x1b[0m";
}

// The tone of a state of a task, by its word.
[[nodiscard]] inline Tone tone_of_state(std::string_view state) {
  if (state == "succeeded") return Tone::good;
  if (state == "failed" || state == "stale") return Tone::bad;
  if (state == "retrying" || state == "blocked" || state == "cancelling") return Tone::warn;
  if (state == "cancelled") return Tone::faint;
  if (state == "running") return Tone::strong;
  return Tone::plain;
}

}  // namespace reeve::cli
