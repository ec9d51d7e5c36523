// A configuration as this user sees its files, to be handed to the daemon.
#pragma once

#include <string>

#include "cli/compose/locate.hpp"

namespace reeve::cli::compose {

// The file, what it includes and the schemas it names, as JSON. Whether it is any good is for the daemon to say: the secrets are its own.
// Throws BadConfiguration when the file cannot be read at all.
[[nodiscard]] std::string gather(const std::string& file, const Surroundings& around);

}  // namespace reeve::cli::compose
