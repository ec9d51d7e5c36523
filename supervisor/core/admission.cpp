#include "supervisor/core/admission.hpp"

#include <algorithm>
#include <utility>

namespace reeve::supervisor {

namespace {

int count(const std::map<std::string, int, std::less<>>& counts, std::string_view name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

void add(std::map<std::string, int, std::less<>>& counts, std::string_view name) {
  const auto found = counts.find(name);
  if (found == counts.end()) counts.emplace(name, 1);
  else ++found->second;
}

void take(std::map<std::string, int, std::less<>>& counts, std::string_view name) {
  const auto found = counts.find(name);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

// How many bodies with these needs what is free would serve.
int served_by(const std::vector<store::Room>& free, const std::vector<store::Room>& needs) {
  int bodies = store::no_limit;
  for (const store::Room& need : needs) {
    const auto found = std::find_if(free.begin(), free.end(), [&](const store::Room& one) { return one.name == need.name; });
    bodies = std::min(bodies, found == free.end() ? 0 : found->room / std::max(1, need.room));
  }
  return bodies;
}

}  // namespace

bool Admission::set_room(std::string_view kind, std::optional<int> room) {
  const auto known = offered_.find(kind);
  if (known == offered_.end()) {
    if (room) offered_.emplace(kind, *room);
    return false;
  }
  if (room) return std::exchange(known->second, *room) < *room;
  offered_.erase(known);
  return true;
}

void Admission::keep_rooms_of(const handlers::Handlers& handlers) {
  std::erase_if(offered_, [&](const auto& entry) { return handlers.find(entry.first) == nullptr; });
}

void Admission::started(std::string_view kind, std::string_view queue) {
  ++running_;
  add(kinds_, kind);
  add(queues_, queue);
  if (const auto offered = offered_.find(kind); offered != offered_.end() && offered->second > 0) --offered->second;
}

void Admission::ended(std::string_view kind, std::string_view queue) {
  --running_;
  take(kinds_, kind);
  take(queues_, queue);
}

std::optional<int> Admission::room_of_kind(std::string_view kind) const {
  const auto found = offered_.find(kind);
  return found == offered_.end() ? std::nullopt : std::optional(found->second);
}

int Admission::running_of_kind(std::string_view kind) const { return count(kinds_, kind); }
int Admission::running_in_queue(std::string_view queue) const { return count(queues_, queue); }

Rooms Admission::rooms(const handlers::Handlers& handlers, const std::vector<store::Room>& resources) const {
  Rooms rooms;
  rooms.limit = std::max(0, concurrency_ - running_);
  if (rooms.limit == 0) return rooms;
  for (const handlers::Queue& queue : handlers.queues()) {
    if (!queue.concurrency && !queue.rate && !queue.weight && !queue.ageing) continue;
    store::QueueRoom& room = rooms.queues.emplace_back();
    room.name = queue.name;
    room.rate = queue.rate;
    room.weight = queue.weight;
    room.ageing = queue.ageing;
    if (queue.concurrency) room.room = std::clamp(*queue.concurrency - running_in_queue(queue.name), 0, rooms.limit);
    rooms.restricted |= room.room < rooms.limit;
  }
  for (const handlers::Handler& handler : handlers.all()) {
    int room = rooms.limit;
    if (handler.concurrency) room = std::clamp(*handler.concurrency - running_of_kind(handler.kind), 0, rooms.limit);
    if (const auto offered = offered_.find(handler.kind); offered != offered_.end()) room = std::min(room, offered->second);
    room = std::min(room, served_by(resources, handler.resources));
    rooms.restricted |= room < rooms.limit;
    if (room <= 0) continue;
    store::KindRoom& kind = rooms.kinds.emplace_back();
    kind.name = handler.kind;
    kind.also = handler.aliases;
    kind.room = room;
    kind.rate = handler.rate;
    kind.key_rate = handler.key_rate;
    kind.needs = handler.resources;
  }
  return rooms;
}

}  // namespace reeve::supervisor
