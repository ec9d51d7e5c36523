// How tasks and attempts look to people.
#pragma once

#include <string>

#include "cli/fields.hpp"
#include "cli/session.hpp"
#include "cli/table.hpp"

namespace reeve::cli {

[[nodiscard]] Table make_task_table();
void add_task(Table& table, const Object& task, const Session& session);

[[nodiscard]] Table make_attempt_table();
void add_attempt(Table& table, const Object& attempt, const Session& session);

// What is most worth knowing of a task in one line: progress while it runs, the retry to come, the error, how long it took.
[[nodiscard]] std::string gist_of(const Object& task, const Session& session);

// "exited with 3", "no_such_month: there is no month 13", "died by signal 9 (out of memory)".
[[nodiscard]] std::string error_text(const Object& error);

}  // namespace reeve::cli
