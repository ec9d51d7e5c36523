// Pieces of a JSON text as they stand in it, byte for byte.
//
// Payloads, results and large numbers must come out of `--json` exactly as the daemon gave them; parsing and writing them again would not
// do that. The text must be valid JSON: callers have parsed it, or it comes from the daemon.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace reeve::cli {

// The elements of an array. Empty when `text` is none.
[[nodiscard]] std::vector<std::string_view> elements_of(std::string_view text);

// The value of a member of an object whose name needs no escapes. Nullopt when `text` has none.
[[nodiscard]] std::optional<std::string_view> member_of(std::string_view text, std::string_view name);

}  // namespace reeve::cli
