// Where a text stops being UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace reeve::handlers {

// Bytes of the well-formed UTF-8 sequence that `text` begins with: 1 to 4; 0 when it begins with none (overlong forms, surrogates and
// values past U+10FFFF are none). `text` is not empty.
[[nodiscard]] std::size_t utf8_length(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace reeve::handlers
