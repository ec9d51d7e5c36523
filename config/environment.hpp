// env: of a handler, and other texts with references to secrets.
//
//   env:
//     MODE: fast                  as it is
//     TOKEN: ${API_TOKEN}         from the environment reeve was started with; also inside a longer text
//     KEY: file:/etc/reeve/key    the content of a file that not everybody may read, without its last newline
//     PRICE: $${5}                "${5}": a doubled dollar is one
//
// The values never occur in a message.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/reading.hpp"

namespace reeve::config {

// A text with its references resolved.
[[nodiscard]] std::optional<std::string> read_resolved(Reading& reading, const Node& node);

void read_environment(Reading& reading, const Node& node, std::map<std::string, std::string>& env);

}  // namespace reeve::config
