// Values inside a JSON text, as the bytes they were written with. What a handler says is stored as it said it: parsing and writing it again
// would change numbers.
#pragma once

#include <string_view>

namespace reeve::executors::protocol {

// The value of a member of the object that `text` is; empty when there is no such member. `text` must be valid JSON; a key counts as it
// was written (no escapes) and the last of equal keys counts.
[[nodiscard]] std::string_view raw_member(std::string_view text, std::string_view key);

}  // namespace reeve::executors::protocol
