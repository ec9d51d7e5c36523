// The difference of two configurations, as lines.
#pragma once

#include <string>

#include "cli/fields.hpp"

namespace reeve::cli {

// From an answer of /v1/config/plan, apply, rollback or changes. A line a key: "+" is new, "-" goes, "~" changes; then a line a handler with
// the open tasks that it concerns. Empty when nothing differs.
[[nodiscard]] std::string plan_text(const Object& answer);

}  // namespace reeve::cli
