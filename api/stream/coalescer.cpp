#include "api/stream/coalescer.hpp"

#include <algorithm>
#include <utility>

namespace reeve::api {

void Coalescer::take(store::Event event, supervisor::Moment now, Out& out) {
  if (!event.task) return pass(std::move(event), out);
  const auto place = slots_.find(*event.task);
  if (event.type != "task.progress") {
    if (place != slots_.end()) {
      if (place->second.held) pass(std::move(*place->second.held), out);
      slots_.erase(place);
    }
    return pass(std::move(event), out);
  }
  if (place != slots_.end() && now < place->second.free_at) {
    place->second.held = std::move(event);
    return;
  }
  Slot fresh;
  fresh.free_at = now + gap_;
  slots_.insert_or_assign(*event.task, fresh);
  pass(std::move(event), out);
}

void Coalescer::release_due(supervisor::Moment now, Out& out) {
  for (auto one = slots_.begin(); one != slots_.end();) {
    Slot& slot = one->second;
    if (now < slot.free_at) {
      ++one;
    } else if (slot.held) {
      pass(*std::exchange(slot.held, std::nullopt), out);
      slot.free_at = now + gap_;
      ++one;
    } else {
      one = slots_.erase(one);
    }
  }
}

std::optional<supervisor::Moment> Coalescer::next() const {
  std::optional<supervisor::Moment> soonest;
  for (const auto& [task, slot] : slots_)
    if (slot.held && (!soonest || slot.free_at < *soonest)) soonest = slot.free_at;
  return soonest;
}

void Coalescer::pass(store::Event event, Out& out) {
  Passed passed;
  passed.late = event.seq < highest_;
  highest_ = std::max(highest_, event.seq);
  passed.event = std::move(event);
  out.push_back(std::move(passed));
}

}  // namespace reeve::api
