// The scoreboard of one daemon: the board that everybody may read, and the pages that bodies write.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>

#include "executors/scoreboard/board.hpp"
#include "executors/scoreboard/page.hpp"

namespace reeve::executors::scoreboard {

class Scoreboard {
 public:
  // `path`: of the board; empty: none. `attempts`: how many may run at once now; a reload may change that, and workers wait in seats of their
  // own, so there are more slots than that.
  Scoreboard(const std::string& path, int attempts) : Scoreboard(path, slots_for(attempts)) {
    if (kept()) pages_->prepare(ourselves(), std::min<std::size_t>(static_cast<std::size_t>(std::max(attempts, 1)), prepared_at_most));
  }

  [[nodiscard]] bool kept() const { return board_.kept(); }
  [[nodiscard]] const std::string& why() const { return pages_ && !pages_->kept() ? pages_->why() : board_.why(); }
  [[nodiscard]] Board& board() { return board_; }
  [[nodiscard]] PageLease page(Owner owner) { return kept() ? PageLease(pages_, owner) : PageLease(); }

 private:
  Scoreboard(const std::string& path, std::size_t slots)
      : pages_(path.empty() ? nullptr : std::make_shared<Pages>(pages_of(path), slots)),
        board_(pages_ && pages_->kept() ? path : std::string(), slots) {}

  static constexpr std::size_t prepared_at_most = 64;

  static std::size_t slots_for(int attempts) { return std::clamp<std::size_t>(2 * static_cast<std::size_t>(std::max(attempts, 1)), 256, 16'384); }

  std::shared_ptr<Pages> pages_;   // of this and of each page that is in use; its lock makes this daemon the only one with this board
  Board board_;
};

}  // namespace reeve::executors::scoreboard
