// A task that is to be stored later, as text: JSON with every field, and back. Exact to the byte.
#pragma once

#include <string>
#include <string_view>

#include "store/task.hpp"

namespace reeve::store {

[[nodiscard]] std::string task_to_text(const NewTask& task);
// Of what task_to_text() has written. Throws std::exception for anything else.
[[nodiscard]] NewTask task_from_text(std::string_view text);

}  // namespace reeve::store
