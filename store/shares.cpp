#include "store/shares.hpp"

#include <algorithm>

namespace reeve::store {

namespace {

constexpr std::int64_t whole_start = 1'000'000;  // of a queue with weight 1

}  // namespace

std::int64_t Shares::place(std::string_view queue) const {
  const auto found = next_.find(queue);
  return found == next_.end() ? now_ : std::max(now_, found->second);
}

void Shares::started(std::string_view queue, int weight) {
  now_ = place(queue);
  next_.insert_or_assign(std::string(queue), now_ + whole_start / std::clamp(weight, 1, weight_max));
  std::erase_if(next_, [this](const auto& one) { return one.second <= now_; });
}

void Shares::clear() {
  now_ = 0;
  next_.clear();
}

}  // namespace reeve::store
