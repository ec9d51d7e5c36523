// What differs between two configurations, key by key.
//
// The keys are compared as they are written: secrets stay references, and a key that is written with its default differs from one left out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/bundle.hpp"

namespace reeve::config {

struct Change {
  std::string path{};                        // "handlers.mail.timeout"
  std::string handler{};                     // the kind, when it is a key of a handler
  std::optional<std::string> before{};       // JSON; absent: the key was not there
  std::optional<std::string> after{};
  bool restart = false;                      // the daemon goes on with what it has until it is restarted
};

struct Plan {
  std::vector<Change> changes{};             // by path
  std::vector<std::string> added{};          // kinds
  std::vector<std::string> removed{};
  std::vector<std::string> changed{};
};

// Texts that cannot be read as YAML count as empty; whoever wants to know has them checked first.
[[nodiscard]] Plan plan_between(const Bundle& before, const Bundle& after);

// Whether the daemon takes up a new value of this key only when it starts.
[[nodiscard]] bool takes_restart(std::string_view path);

}  // namespace reeve::config
