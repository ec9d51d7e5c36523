// The small files of a cgroup.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace reeve::executors::process {

// Relative to the open folder. 0, or the errno that kept the text from being written.
[[nodiscard]] int write_cgroup_file(int folder, const char* file, std::string_view text);
[[nodiscard]] std::string read_cgroup_file(int folder, const char* file);   // empty when it cannot be read

// The number after `key` in lines of "<key> <number>"; 0 when there is none.
[[nodiscard]] std::int64_t number_of(std::string_view text, std::string_view key);

// Makes `folder`, under a name with .1, .2, ... when it is taken: another set of executors of this process may carry the same one. 0 or errno.
[[nodiscard]] int make_folder_of_own(std::string& folder);

// What is said of a file or folder that could not be made or opened: its path and the word for `error`, an errno.
[[nodiscard]] std::string problem_of(const std::string& path, int error);

}  // namespace reeve::executors::process
