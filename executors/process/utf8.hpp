// Bytes of unknown origin as valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace reeve::executors::process {

[[nodiscard]] bool is_utf8(std::string_view bytes);

// Each byte that belongs to no character becomes U+FFFD. Surrogates, overlong forms and what lies above U+10FFFF are no characters.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

// The last `limit` bytes of it, beginning with a whole character.
[[nodiscard]] std::string utf8_tail(std::string_view bytes, std::size_t limit);

}  // namespace reeve::executors::process
