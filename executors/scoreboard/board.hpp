// The daemon's side of the scoreboard: a mapped file with a slot for each attempt and each warm worker, which anybody may read while the
// daemon works, hangs or is dead (docs/scoreboard.md). Only the daemon writes it, without a lock and without a system call.
//
// The file is born complete under its name and goes with the board. A board that cannot be had costs nobody anything: seats are not shown.
// Loop thread only.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/executor.hpp"
#include "executors/scoreboard/layout.hpp"

namespace reeve::executors::scoreboard {

class Board;

// One slot, for as long as this lives: what stands in it is changed here. A default one, and one that found every slot taken, is not shown
// and does nothing. The board outlives its seats.
class Seat {
 public:
  Seat() = default;
  Seat(Seat&& other) noexcept;
  Seat& operator=(Seat&& other) noexcept;
  ~Seat();

  [[nodiscard]] bool shown() const { return board_ != nullptr; }

  // State: starting until born(), then running with a task and idle without, and stopping once it was asked to.
  void has_page(std::uint64_t number);
  void born(std::int64_t pid);                     // 0: it has no process of its own
  void takes(const Execution& execution);          // a task begins: age and progress begin anew
  void is_idle();                                  // its task has ended
  void stopping(StopReason reason);
  void alive();
  void progress(const ProgressReport& report);     // never goes back while a task lasts

 private:
  friend class Board;
  Seat(Board& board, std::size_t number, std::string_view executor, std::string_view kind);
  void publish();
  void leave();

  Board* board_ = nullptr;
  std::size_t number_ = 0;
  bool born_ = false;
  Slot slot_{};                                    // what the slot in the file says
};

class Board {
 public:
  // Empty path: no board. Never throws for what the file system does; why() tells.
  Board(std::string path, std::size_t slots);
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  [[nodiscard]] bool kept() const { return region_.get_size() > 0; }
  [[nodiscard]] const std::string& why() const { return why_; }      // where it is, or why there is none

  [[nodiscard]] Seat seat(std::string_view executor, std::string_view kind);
  void beat() { beat(now()); }                     // the loop runs

 private:
  friend class Seat;
  void make(std::size_t slots);
  void fill(std::size_t slots);
  void beat(std::uint64_t at);
  void write(std::size_t number, Slot& slot);
  [[nodiscard]] static std::uint64_t now();
  [[nodiscard]] std::uint64_t* words_of(std::size_t number) const;
  [[nodiscard]] Header* header() const { return static_cast<Header*>(region_.get_address()); }

  std::string path_;
  std::string why_{};
  boost::interprocess::mapped_region region_{};
  std::vector<std::size_t> free_{};
};

}  // namespace reeve::executors::scoreboard
