#include "schedules/zone.hpp"

#include <date/tz.h>

#include <stdexcept>
#include <utility>

namespace reeve::schedules {
namespace {

// Far enough for every sum of offsets to stay a number.
constexpr UtcSeconds beginning{std::chrono::seconds{-62'135'596'800}};   // the year 1
constexpr UtcSeconds end_of_time{std::chrono::seconds{253'402'300'800}}; // the year 10000

const date::time_zone* look_up(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {   // unknown, or the system has no database
    return nullptr;
  }
}

}  // namespace

std::optional<Zone> Zone::find(const std::string& name) {
  if (name == "UTC" || name == "Z") return utc();
  if (const auto* zone = look_up(name)) return Zone(name, zone);
  return std::nullopt;
}

Zone Zone::utc() { return Zone("UTC", nullptr); }

Zone Zone::of_system() {
  try {
    const auto* zone = date::current_zone();
    return Zone(zone->name(), zone);
  } catch (const std::runtime_error&) {
    return utc();
  }
}

Period Zone::at(UtcSeconds moment) const {
  if (zone_ == nullptr) return {beginning, end_of_time, std::chrono::seconds(0)};
  const auto info = static_cast<const date::time_zone*>(zone_)->get_info(moment);
  return {std::max<UtcSeconds>(info.begin, beginning), std::min<UtcSeconds>(info.end, end_of_time), info.offset};
}

}  // namespace reeve::schedules
