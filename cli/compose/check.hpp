// `reeve check`: what a configuration file says, without a daemon and without a store.
#pragma once

#include <string>

#include "cli/compose/locate.hpp"

namespace reeve::cli::compose {

struct CheckReport {
  bool ok = false;          // no errors
  std::string text{};       // for people
  std::string json{};
};

// The file of the choices and surroundings; with none at all, the defaults are reported.
[[nodiscard]] CheckReport check(const Choices& choices, const Surroundings& around);

}  // namespace reeve::cli::compose
