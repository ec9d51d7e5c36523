// `reeve check`: what a configuration file says, without a daemon and without a store.
#pragma once

#include <string>
#include <vector>

#include "cli/compose/locate.hpp"

namespace reeve::cli::compose {

// A problem of the file, for people (text) and for programs.
struct CheckedFinding {
  std::string file{};
  int line = 0;
  int column = 0;
  std::string path{};
  std::string message{};
  std::string text{};
};

struct CheckedHandler {
  std::string kind{};
  std::string executor{};
  std::string queue{};
  std::string what{};       // the command, or the built-in
  std::string limits{};     // "2 at once, 5m, 5 attempts"
};

struct CheckReport {
  std::string file{};       // empty: none was found, the defaults hold
  std::vector<std::string> files{};
  std::string store{};
  std::string socket{};
  std::vector<CheckedHandler> handlers{};
  std::vector<CheckedFinding> errors{};
  std::vector<CheckedFinding> warnings{};
};

[[nodiscard]] CheckReport check(const Choices& choices, const Surroundings& around);

}  // namespace reeve::cli::compose
