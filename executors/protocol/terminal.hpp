// What a terminal message means for the attempt that said it. Pure.
#pragma once

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/protocol/message.hpp"

namespace reeve::executors::protocol {

// Held against what the declaration says about results: one that is not wanted is dropped, one that is too large is a failure.
[[nodiscard]] Terminal accepted(Terminal said, const ProcessSpec& spec);
[[nodiscard]] Terminal too_large(std::size_t size, std::int64_t most);

[[nodiscard]] End meaning(Terminal said);

}  // namespace reeve::executors::protocol
