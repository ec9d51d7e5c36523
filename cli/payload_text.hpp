// A payload as it is given on the command line.
#pragma once

#include <iosfwd>
#include <string>

namespace reeve::cli {

[[nodiscard]] std::string all_of(std::istream& in);
// Throws UsageError when it cannot be read.
[[nodiscard]] std::string file_text(const std::string& path);

// JSON itself, "-" for all of `in`, or "@file". Throws UsageError when it is not JSON.
[[nodiscard]] std::string read_payload(const std::string& word, std::istream& in);

}  // namespace reeve::cli
