// When to look at a table that another program may have written into. Pure: told what happens, says what is due.
//
// The kernel tells of a write before its transaction is visible, and says nothing when it becomes so: the flush and the index in shared memory
// follow without a sound. So one look is not enough, and a last look must be thorough: one that waits for whoever is just committing.
// When that has seen nothing, nothing is on its way, and there is no next look until the file is written again.
#pragma once

#include <array>
#include <chrono>
#include <optional>

#include "supervisor/clock.hpp"

namespace reeve::supervisor {

class Recheck {
 public:
  enum class Look { quick, thorough };

  // The file was written to, or somebody rang.
  void stirred(Moment now);
  // When a look is due; nullopt: not before something happens.
  [[nodiscard]] std::optional<Moment> next() const { return next_; }
  // What sort of look is due at `now`; nullopt: none yet.
  [[nodiscard]] std::optional<Look> due(Moment now) const;

  // What came of it. After found() nothing is due until stirred().
  void saw_nothing(Look look, Moment now);
  void found(Moment now);
  // It could not look: again after a pause that grows up to `longest`.
  void hindered(Moment now, std::chrono::nanoseconds longest);

 private:
  // A busy file is looked at this often at most, however often it is written.
  static constexpr std::chrono::nanoseconds spacing = std::chrono::microseconds{500};
  static constexpr std::chrono::nanoseconds first_pause = std::chrono::milliseconds{5};
  // After the write; the last is the thorough one.
  static constexpr std::array<std::chrono::nanoseconds, 5> looks{std::chrono::microseconds{0}, std::chrono::microseconds{200}, std::chrono::milliseconds{1},
                                                                 std::chrono::milliseconds{5}, std::chrono::milliseconds{20}};
  Moment stirred_{};
  Moment looked_{};
  std::size_t step_ = 0;
  std::chrono::nanoseconds pause_ = first_pause;
  std::optional<Moment> next_{};
};

}  // namespace reeve::supervisor
