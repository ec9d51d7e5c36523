// What a file must be before anybody parses it: small, UTF-8, without control characters, indented by spaces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.hpp"

namespace reeve::config {

// The text after a UTF-8 byte order mark, which is accepted and means nothing.
[[nodiscard]] std::string_view without_bom(std::string_view bytes);

// Appends what is wrong with the bytes; at most one finding of each sort.
void check_bytes(std::string_view text, const std::string& file, std::vector<Finding>& findings);

// Text of a file as a message shows it: one line, at most 64 characters, no control characters.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace reeve::config
