// include: which further files a pattern names.
#pragma once

#include <string>
#include <vector>

namespace reeve::config {

struct Included {
  std::vector<std::string> files{};  // sorted by name
  std::string fault{};               // why the pattern names nothing that can be read; empty when it does
};

[[nodiscard]] bool is_pattern(const std::string& text);

// Files beside which `folder` is, by a path whose last part may hold * ? and [...]. Hidden files are only found by a pattern that begins with
// a dot. A plain path is always one file, whether it exists or not; a pattern may match none, then the list is empty.
[[nodiscard]] Included included_files(const std::string& folder, const std::string& pattern);

}  // namespace reeve::config
