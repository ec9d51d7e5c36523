// Time as the store knows it: milliseconds of UTC, told to it by the caller.
//
// Nothing in store/ reads a clock. Text forms (RFC 3339, "30s") live here because every edge - YAML, JSON, CLI - speaks them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reeve::store {

using Millis = std::chrono::milliseconds;

// A moment of wall-clock time, UTC. Rows hold it as int64 milliseconds since 1970.
using Timestamp = std::chrono::time_point<std::chrono::system_clock, Millis>;

[[nodiscard]] constexpr std::int64_t to_ms(Timestamp at) { return at.time_since_epoch().count(); }
[[nodiscard]] constexpr Timestamp from_ms(std::int64_t ms) { return Timestamp{Millis{ms}}; }

// "2026-11-20T20:31:00.123Z", always UTC, always milliseconds.
[[nodiscard]] std::string to_rfc3339(Timestamp at);

// Accepts any RFC 3339 date-time with an offset ("Z", "+01:00") and up to nanoseconds, which are cut to milliseconds. Nullopt otherwise.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

// "250ms", "30s", "5m", "2h", "7d" or sums of them in falling order ("1h30m"). Negative, empty, unitless and overflowing texts are nullopt.
[[nodiscard]] std::optional<Millis> parse_duration(std::string_view text);

// The shortest exact text that parse_duration reads back: "1h30m", "250ms", "0s".
[[nodiscard]] std::string to_text(Millis duration);

}  // namespace reeve::store
