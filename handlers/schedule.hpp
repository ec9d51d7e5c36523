// A schedule as a value: when it ticks, and what task a tick stores.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "handlers/admit.hpp"
#include "schedules/catch_up.hpp"
#include "schedules/timing.hpp"

namespace reeve::handlers {

// What a tick does while a task of an earlier tick is open.
enum class Overlap {
  skip,           // nothing: that one stands in
  queue,          // its task waits until that one has ended
  cancel_other,   // that one is cancelled, and its task starts when no process of it is left
  allow           // both run
};
[[nodiscard]] std::string_view name(Overlap overlap);
[[nodiscard]] std::optional<Overlap> parse_overlap(std::string_view word);

[[nodiscard]] std::string_view name(schedules::CatchUp rule);
[[nodiscard]] std::optional<schedules::CatchUp> parse_catch_up(std::string_view word);

inline constexpr int most_caught_up = 1'000;

struct Schedule {
  std::string name{};
  schedules::Timing timing;
  Wish wish{};                                                  // its tasks: kind, payload, queue, priority, labels ...
  Overlap overlap = Overlap::skip;
  schedules::CatchUp catch_up = schedules::CatchUp::last;
  int catch_up_most = 100;                                      // of ticks that were missed, with CatchUp::all
  store::Millis jitter{0};                                      // each task starts up to this much after its tick
  std::string declared_at{};                                    // "reeve.yaml:9:3"; empty: added at run time
};

// The task of one tick, as it may be stored.
[[nodiscard]] std::variant<store::NewTask, Refusal> task_of(const Handlers& handlers, const Schedule& schedule, store::Timestamp tick, store::Timestamp now);

}  // namespace reeve::handlers
