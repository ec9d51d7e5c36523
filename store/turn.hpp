// Whose turn it is. Pure.
//
// A lane is the ready tasks of one queue, kind and priority. The heads of the lanes of one queue and priority are compared by place and time;
// the best of each priority by how much it counts, ageing included; the best of each queue by the shares of the queues, where there are any.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tuple>

#include "store/task.hpp"

namespace reeve::store {

inline constexpr int priority_max = 9;

// The head of a lane.
struct Head {
  std::int64_t fair = 0;      // its place among the tenants; see store/fair.hpp
  Timestamp run_at{};
  TaskId id{};
};

// Every `ageing` of waiting counts as one more priority, up to the highest.
[[nodiscard]] inline int ripe_priority(int priority, Timestamp run_at, std::optional<Millis> ageing, Timestamp now) {
  if (!ageing || ageing->count() <= 0 || run_at >= now) return priority;
  return static_cast<int>(std::min<std::int64_t>(priority_max, priority + (now - run_at) / *ageing));
}

// Within a queue and a priority: the smaller is first.
[[nodiscard]] inline auto place_in_line(const Head& head) { return std::make_tuple(head.fair, head.run_at, head.id); }

// Between the priorities of a queue, and between queues that share by no weight: the smaller is first.
[[nodiscard]] inline auto place_by_priority(int ripe, const Head& head) { return std::make_tuple(-ripe, head.run_at, head.id); }

}  // namespace reeve::store
