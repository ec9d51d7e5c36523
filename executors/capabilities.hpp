// What each executor of this build can do: told here once, for the executors themselves, for who reads a configuration without a daemon, and
// for what people are shown. The conformance suite of executors proves each row.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "executors/executor.hpp"

namespace reeve::executors {

inline constexpr std::array<Capabilities, 5> all_capabilities{{
    {.name = "process", .kills = true, .captures_output = true, .isolates_crashes = true, .speaks_protocol = true},
    {.name = "worker", .kills = true, .captures_output = true, .isolates_crashes = true, .speaks_protocol = true},
    {.name = "inline", .kills = false, .captures_output = false, .isolates_crashes = false, .speaks_protocol = false},
    {.name = "thread", .kills = false, .captures_output = false, .isolates_crashes = false, .speaks_protocol = false},
    {.name = "remote", .kills = false, .captures_output = false, .isolates_crashes = false, .speaks_protocol = true},
}};

// Nullopt: no such executor.
[[nodiscard]] constexpr std::optional<Capabilities> capabilities_of(std::string_view executor) {
  for (const Capabilities& can : all_capabilities)
    if (can.name == executor) return can;
  return std::nullopt;
}

// The word for how a body ends that ignores a stop: "kill", or "cooperative" when it can only be asked.
[[nodiscard]] constexpr std::string_view word_of_stops(const Capabilities& can) { return can.kills ? "kill" : "cooperative"; }

}  // namespace reeve::executors
