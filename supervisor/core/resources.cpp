#include "supervisor/core/resources.hpp"

#include <algorithm>

namespace reeve::supervisor {

int Resources::room(const Resource& resource) const {
  const auto of_it = [&](const auto& one) { return one.first == resource.name; };
  const auto held = std::count_if(held_.begin(), held_.end(), of_it);
  return static_cast<int>(std::max<std::ptrdiff_t>(0, static_cast<std::ptrdiff_t>(resource.units.size()) - held));
}

std::vector<store::Room> Resources::rooms() const {
  std::vector<store::Room> rooms;
  for (const Resource& resource : declared_) rooms.push_back({.name = resource.name, .room = room(resource)});
  return rooms;
}

std::optional<Granted> Resources::take(const std::vector<store::Room>& needs) {
  Granted granted;
  for (const store::Room& need : needs) {
    const auto found = std::find_if(declared_.begin(), declared_.end(), [&](const Resource& one) { return one.name == need.name; });
    if (found == declared_.end() || room(*found) < need.room) return std::nullopt;
    std::vector<std::string>& units = granted[need.name];
    for (const std::string& unit : found->units)
      if (static_cast<int>(units.size()) < need.room && !held_.contains({need.name, unit})) units.push_back(unit);
  }
  for (const auto& [name, units] : granted)
    for (const std::string& unit : units) held_.emplace(name, unit);
  return granted;
}

void Resources::give_back(const Granted& granted) {
  for (const auto& [name, units] : granted)
    for (const std::string& unit : units) held_.erase({name, unit});
}

}  // namespace reeve::supervisor
