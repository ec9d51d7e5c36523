// What two errors have in common when they are the same fault: a short text that stays the same while numbers, names and times in the message
// change. Pure, and of bounded work whatever the message holds.
#pragma once

#include <string>
#include <string_view>

#include "store/task.hpp"

namespace reeve::store {

// 16 hexadecimal digits: FNV-1a with 64 bits over the code, the exit code, the signal and what stays of the message. An error with the code
// `exit` says no more than its number, so of such a one its last words count too. It tells faults apart, and guards against
// nothing: whoever writes messages on purpose can make two alike.
[[nodiscard]] std::string fingerprint_of(const TaskError& error);

// What a command that ended with a code said last: the last line of its stderr. Empty for every other error.
[[nodiscard]] std::string_view last_words(const TaskError& error);

// The message without what varies: numbers, dates, addresses, UUIDs, long hexadecimal words and ids become one '#', what stands in quotes
// becomes '?', white space one blank. Only the first message_looked_at bytes count.
[[nodiscard]] std::string what_stays(std::string_view message);
inline constexpr std::size_t message_looked_at = 4'096;

// The error with its fingerprint filled in.
[[nodiscard]] TaskError with_fingerprint(TaskError error);

// 16 digits as fingerprint_of() writes them.
[[nodiscard]] bool is_fingerprint(std::string_view text);

}  // namespace reeve::store
