// Whether bytes that nobody will parse later are JSON that everybody can parse.
#pragma once

#include <string>
#include <string_view>

namespace reeve::handlers {

inline constexpr std::size_t json_depth_max = 32;

// "unexpected character at byte 17" and the like; empty when `text` is one JSON value of legal depth without duplicate keys. Keeps nothing
// of the value, so a large payload costs no second copy.
[[nodiscard]] std::string fault_in_json(std::string_view text);

}  // namespace reeve::handlers
