// Who this daemon is and which store it works on, as names that survive or do not survive a restart on purpose.
#pragma once

#include <string>

#include "store/store.hpp"

namespace reeve::cli::compose {

// 128 random bits in hex: another one for each life of the daemon.
[[nodiscard]] std::string make_incarnation();

// The same for every daemon that opens the same file of this machine, however its path is written. Fit for a file name.
[[nodiscard]] std::string id_of_store(const std::string& url);

// `name` empty: the host's.
[[nodiscard]] store::RunnerIdentity make_identity(const std::string& name, const std::string& incarnation);

}  // namespace reeve::cli::compose
