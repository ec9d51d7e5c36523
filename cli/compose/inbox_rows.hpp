// Tasks as lines of NDJSON, made into rows of the inbox: for when no daemon answers.
#pragma once

#include <string_view>
#include <vector>

#include "store/door.hpp"

namespace reeve::cli::compose {

// A row a line; empty lines are passed over. Throws UsageError that names the line: no JSON, no object, no kind, or a task that comes after another
// line, which rows that are taken one by one cannot.
[[nodiscard]] std::vector<store::DoorRow> rows_of_lines(std::string_view text);

}  // namespace reeve::cli::compose
