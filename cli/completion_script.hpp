// What a shell must know to complete a command line: made from what the verbs declare.
#pragma once

#include <string>

#include "cli/verb.hpp"

namespace reeve::cli {

[[nodiscard]] std::string bash_completion(const Verbs& verbs);

}  // namespace reeve::cli
