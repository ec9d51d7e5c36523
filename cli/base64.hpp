// Reading base64: the API gives bytes that are no UTF-8 in this form.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reeve::cli {

// Nullopt: not base64 (RFC 4648, padded).
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace reeve::cli
