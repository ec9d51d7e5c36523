// Events about schedules, the same from every store.
#pragma once

#include <string>
#include <string_view>

#include "store/task.hpp"

namespace reeve::store {

[[nodiscard]] inline Event schedule_event(std::string_view type, std::string_view actor, std::string data, Timestamp now) {
  Event event;
  event.at = now;
  event.type = type;
  event.actor = actor;
  event.data = std::move(data);
  return event;
}

}  // namespace reeve::store
