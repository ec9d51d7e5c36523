// What `reeve top` says of a scoreboard.
#pragma once

#include <cstdint>
#include <string>

#include "cli/table.hpp"
#include "executors/scoreboard/view.hpp"

namespace reeve::cli {

// A board as it was seen at a moment of the boot clock.
struct SeenBoard {
  executors::scoreboard::Sight sight{};
  executors::scoreboard::Keeper keeper = executors::scoreboard::Keeper::gone;
  std::uint64_t now = 0;
};

// "reeve 1234 alive  heartbeat 400ms ago  up 2h05m  3 of 256 slots", and a warning after it when something is wrong.
[[nodiscard]] std::string headline(const SeenBoard& board, bool colour);

// The slots that are taken, the oldest first.
[[nodiscard]] Table slot_table(const SeenBoard& board);

// All of it, for programs; `path` is where it was read.
[[nodiscard]] std::string board_json(const SeenBoard& board, const std::string& path);

}  // namespace reeve::cli
