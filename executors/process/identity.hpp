// Who a handler runs as: names become numbers here, in the parent, because nothing may be looked up in the child.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "executors/process/child_setup.hpp"

namespace reeve::executors::process {

struct Identity {
  std::optional<Credentials> credentials{};   // absent: no switch is needed
  std::string home{};                         // of the user; empty when none was named
};

struct UnknownIdentity { std::string message{}; };

[[nodiscard]] std::variant<Identity, UnknownIdentity> resolve_identity(const std::string& user, const std::string& group);

}  // namespace reeve::executors::process
