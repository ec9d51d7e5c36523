// What tells one configuration from another.
#pragma once

#include <string>

#include "config/bundle.hpp"

namespace reeve::cli::compose {

// SHA-256 over the texts, in hexadecimal digits. Not over the names: a file that was copied elsewhere is still the same.
[[nodiscard]] std::string digest_of(const config::Bundle& bundle);

}  // namespace reeve::cli::compose
