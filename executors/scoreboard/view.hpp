// The scoreboard as somebody else sees it: another process, without the daemon's help, at any moment of the daemon's life and after its death.
//
// The file is read, not mapped: whatever happens to it meanwhile, it is bytes in our own memory. Nothing in it is believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "executors/outcome.hpp"
#include "executors/scoreboard/layout.hpp"

namespace reeve::executors::scoreboard {

// One slot that is taken. Times are CLOCK_BOOTTIME in nanoseconds; texts are UTF-8, what was not is replaced.
struct Row {
  std::size_t slot = 0;
  bool torn = false;                          // the daemon died while it wrote this, or wrote it each time we looked: its parts may not belong together
  State state = State::free;
  std::int64_t pid = 0;                       // 0: no process of its own
  std::int64_t task = 0;                      // 0: none
  std::int64_t epoch = 0;
  std::int64_t attempt = 0;
  std::uint64_t started = 0;
  std::uint64_t last_sign = 0;
  std::optional<double> percent{};
  std::optional<StopReason> stopping{};
  std::uint64_t page = 0;
  std::string executor{};
  std::string kind{};
  std::string label{};
};

struct Sight {
  std::int64_t pid = 0;                       // of the daemon
  std::uint64_t started = 0;
  std::int64_t wall_minus_boot = 0;           // nanoseconds
  std::uint64_t heartbeat = 0;
  std::string boot_id{};
  std::size_t slots = 0;                      // in the file
  bool cut_short = false;                     // the file ends before its last slot; what is there is shown
  std::vector<Row> rows{};                    // the oldest first
};

struct NoBoard { std::string path{}; };                           // there is no such file
struct Unreadable { std::string message{}; };                     // there is one that tells nothing; a sentence with the path in it

[[nodiscard]] std::variant<Sight, NoBoard, Unreadable> read_board(const std::string& path);

// Whether the daemon that wrote the board still lives, as the kernel knows it. Its pid may be another's by now: so it is compared with when the
// board was made, too.
enum class Keeper { alive, stopped, gone };   // stopped: by a signal or a debugger
[[nodiscard]] Keeper keeper_of(const Sight& sight);

}  // namespace reeve::executors::scoreboard
