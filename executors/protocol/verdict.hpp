// What a handler's last word means as the end of its attempt.
#pragma once

#include <cstdint>
#include <optional>

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/protocol/message.hpp"

namespace reeve::executors::protocol {

[[nodiscard]] End end_of(Terminal terminal);

// What was said, held against what may be kept: a result that is not wanted is dropped, one that is too large becomes an error.
[[nodiscard]] std::optional<Terminal> accepted(std::optional<Terminal> said, ResultBy result, std::int64_t bytes_max);
[[nodiscard]] ErrorMessage too_large(std::size_t size, std::int64_t bytes_max);

}  // namespace reeve::executors::protocol
