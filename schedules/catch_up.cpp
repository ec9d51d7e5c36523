#include "schedules/catch_up.hpp"

#include <algorithm>

namespace reeve::schedules {

Due due_ticks(const Timing& timing, store::Timestamp after, store::Timestamp now, CatchUp catch_up, std::size_t most) {
  Due due;
  due.ticks = timing.newest(after, now, std::max<std::size_t>(most, 1));
  const auto first = timing.next(after);
  due.missed = first && *first <= now && (due.ticks.empty() || *first < due.ticks.front());
  if (catch_up == CatchUp::all || due.ticks.empty()) return due;
  const auto on_time = std::lower_bound(due.ticks.begin(), due.ticks.end(), now - lateness_allowed);
  const bool keep_newest = catch_up == CatchUp::last && on_time == due.ticks.end();
  const auto kept = keep_newest ? due.ticks.end() - 1 : on_time;
  due.missed = due.missed || kept != due.ticks.begin();
  due.ticks.erase(due.ticks.begin(), kept);
  return due;
}

// FNV-1a (Fowler, Noll, Vo), finished by the mixer of SplitMix64 (Steele, Lea, Flood 2014) so that neighbouring ticks are far apart.
store::Millis jitter_of(std::string_view schedule, store::Timestamp tick, store::Millis jitter) {
  if (jitter <= store::Millis{0}) return store::Millis{0};
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char letter : schedule) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  hash ^= static_cast<std::uint64_t>(store::to_ms(tick));
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebU;
  hash ^= hash >> 31U;
  return store::Millis{static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(jitter.count() + 1))};
}

}  // namespace reeve::schedules
