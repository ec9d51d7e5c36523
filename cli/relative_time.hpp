// Time as people on a terminal say it: "4m02s", "3m ago", "in 2h05m".
#pragma once

#include <string>

#include "store/time.hpp"

namespace reeve::cli {

// Two units at most: "350ms", "12s", "4m02s", "2h05m", "3d04h".
[[nodiscard]] std::string short_span(store::Millis span);

// "just now", "12s ago", "in 4m02s".
[[nodiscard]] std::string relative_to(store::Timestamp at, store::Timestamp now);

}  // namespace reeve::cli
