// The messages that ask for something.
#pragma once

#include <optional>
#include <string_view>

#include "executors/protocol/fields.hpp"
#include "executors/request.hpp"

namespace reeve::executors::protocol {

// Nullopt: `type` asks for nothing. Throws Refusal.
[[nodiscard]] std::optional<Request> read_request(std::string_view type, const Fields& fields);

}  // namespace reeve::executors::protocol
