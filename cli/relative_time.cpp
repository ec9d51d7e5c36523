#include "cli/relative_time.hpp"

#include <array>
#include <cstdio>

namespace reeve::cli {
namespace {

std::string two_units(long long large, const char* large_name, long long small, const char* small_name) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%lld%s%02lld%s", large, large_name, small, small_name);
  return text.data();
}

}  // namespace

std::string short_span(store::Millis span) {
  if (span.count() < 0) span = -span;
  const long long ms = span.count();
  if (ms < 1'000) return std::to_string(ms) + "ms";
  const long long seconds = ms / 1'000;
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3'600) return two_units(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86'400) return two_units(seconds / 3'600, "h", seconds % 3'600 / 60, "m");
  return two_units(seconds / 86'400, "d", seconds % 86'400 / 3'600, "h");
}

std::string relative_to(store::Timestamp at, store::Timestamp now) {
  const store::Millis distance = now - at;
  if (distance > store::Millis{-1'000} && distance < store::Millis{1'000}) return "just now";
  if (distance.count() > 0) return short_span(distance) + " ago";
  return "in " + short_span(distance);
}

}  // namespace reeve::cli
