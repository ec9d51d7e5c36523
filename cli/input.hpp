// Texts that a command line names in place of giving them.
#pragma once

#include <string>

#include "cli/session.hpp"

namespace reeve::cli {

// The whole of stdin for "-", else of the file. Throws UsageError.
[[nodiscard]] std::string text_of(const Session& session, const std::string& path);

// A payload as it is typed: JSON, "-" for stdin, "@FILE". Throws UsageError when it is not JSON.
[[nodiscard]] std::string payload_of(const Session& session, const std::string& word);

}  // namespace reeve::cli
