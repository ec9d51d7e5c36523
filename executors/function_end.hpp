// What a function inside the daemon answered, as the end of its attempt; for the executors `thread` and `inline`. Pure, any thread.
#pragma once

#include <cstddef>
#include <exception>
#include <optional>

#include "executors/executor.hpp"

namespace reeve::executors {

inline constexpr std::size_t function_result_bytes_max = 1 << 20;

// The answer as it may be stored: a result that is no JSON is a failure "bad_result", one that is too large "result_too_large", and so is an end
// that only executors give. Texts are valid UTF-8 afterwards.
[[nodiscard]] End checked(End end);

// A failure "exception" with what() of it.
[[nodiscard]] End end_of(const std::exception_ptr& problem);

// Completion first: a success counts even after a stop, everything else is then the stop.
[[nodiscard]] End under_stop(End end, std::optional<StopReason> stop);

// Numbers that are finite and within their bounds; others are left out. A meta that is no JSON is left out.
[[nodiscard]] ProgressReport checked(ProgressReport report);

// A log entry: the level a known one (else info), the message valid UTF-8 of at most 64 KiB.
[[nodiscard]] OutputLine log_entry(std::string level, std::string_view message);

}  // namespace reeve::executors
