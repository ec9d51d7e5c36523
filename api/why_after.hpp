// Why a task that comes after others waits. Pure.
#pragma once

#include <optional>

#include "api/why.hpp"
#include "store/batches.hpp"

namespace reeve::api {

// Nullopt: everything it comes after has ended.
[[nodiscard]] std::optional<Why> why_it_comes_after(const store::Dependencies& dependencies);

}  // namespace reeve::api
