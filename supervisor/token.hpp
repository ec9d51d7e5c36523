// A secret that whoever knows it may speak with.
#pragma once

#include <string>

namespace reeve::supervisor {

// 128 random bits from the kernel, as 32 hexadecimal digits. Throws std::system_error when the kernel gives none.
[[nodiscard]] std::string make_token();

}  // namespace reeve::supervisor
