// The three connections between an attempt and its body: stdout, stderr, and the socket of the protocol.
#pragma once

#include <array>
#include <variant>

#include "executors/outcome.hpp"
#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

struct Pipe { Descriptor ours{}; Descriptor theirs{}; };

struct Pipes {
  Pipe out{};
  Pipe err{};
  Pipe talk{};
};

// All of them, or which one could not be made; then nothing is left open.
[[nodiscard]] std::variant<Pipes, SpawnFailed> open_pipes();

// Moves a descriptor out of the numbers that the child's own four will take. False with errno when there is no room.
[[nodiscard]] bool lift(Descriptor& descriptor);

}  // namespace reeve::executors::process
