// What is said to whoever asked for a task that was not stored: the same words at every door.
#pragma once

#include <string>

#include "store/store.hpp"

namespace reeve::store {

struct RefusalWords {
  std::string code{};       // a stable word: "key_busy"
  std::string field{};      // of the request: "concurrency"
  std::string message{};    // a sentence that names the thing, the value and the next step
};

// `task`: the one at fault, request.tasks[refused.item].
[[nodiscard]] RefusalWords words_of(const EnqueueRefused& refused, const NewTask& task);

}  // namespace reeve::store
