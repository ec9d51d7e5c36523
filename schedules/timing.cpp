#include "schedules/timing.hpp"

#include <algorithm>
#include <utility>

namespace reeve::schedules {
namespace {

using std::chrono::seconds;

constexpr std::string_view every_word = "@every";
constexpr store::Millis shortest_interval{1'000};
constexpr store::Millis longest_interval{std::chrono::hours(24 * 366)};
constexpr int periods_max = 400;   // changes of clocks to look through: two a year in every zone, until the year 2200

WallTime on_wall(UtcSeconds moment, seconds offset) { return WallTime{moment.time_since_epoch() + offset}; }
UtcSeconds in_utc(WallTime time, seconds offset) { return UtcSeconds{time.time_since_epoch() - offset}; }

}  // namespace

std::variant<Timing, Fault> Timing::parse(std::string_view text, Zone zone) {
  if (text.starts_with(every_word)) {
    auto rest = text.substr(every_word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const auto interval = store::parse_duration(rest);
    if (!interval || *interval < shortest_interval || *interval > longest_interval)
      return Fault{"\"" + std::string(text) + "\" needs a duration of 1s to 366d, such as @every 5m"};
    return Timing(std::string(text), std::move(zone), Every{*interval});
  }
  auto cron = Cron::parse(text);
  if (auto* fault = std::get_if<Fault>(&cron)) return std::move(*fault);
  return Timing(std::string(text), std::move(zone), std::get<Cron>(std::move(cron)));
}

std::optional<store::Timestamp> Timing::next(store::Timestamp after) const {
  if (const auto* every = std::get_if<Every>(&rule_)) {
    const auto interval = every->interval.count();
    const auto ms = store::to_ms(after);
    const auto passed = ms / interval - (ms % interval < 0 ? 1 : 0);
    return store::from_ms((passed + 1) * interval);
  }
  const auto tick = next_by_clock(std::get<Cron>(rule_), std::chrono::floor<seconds>(after));
  return tick ? std::optional<store::Timestamp>(*tick) : std::nullopt;
}

// Looks through the periods of one offset each, from the one in which the next second lies.
std::optional<UtcSeconds> Timing::next_by_clock(const Cron& cron, UtcSeconds after) const {
  for (int looked = 0; looked < periods_max; ++looked) {
    const Period period = zone_.at(after + seconds(1));
    WallTime from = on_wall(after, period.offset);
    if (!cron.any_hour()) {   // what this period shows a second time has fired already
      const Period before = zone_.at(period.begin - seconds(1));
      from = std::max(from, on_wall(period.begin, before.offset) - seconds(1));
    }
    const auto wall = cron.next(from);
    if (!wall) return std::nullopt;
    const UtcSeconds tick = in_utc(*wall, period.offset);
    if (tick < period.end) return tick;
    if (!cron.any_hour() && *wall < on_wall(period.end, zone_.at(period.end).offset)) return period.end;   // the clock leaves it out
    after = period.end - seconds(1);
  }
  return std::nullopt;
}

std::vector<store::Timestamp> Timing::newest(store::Timestamp after, store::Timestamp until, std::size_t most) const {
  std::vector<store::Timestamp> ticks;
  // Looks back over growing stretches until there are enough, so that a year of seconds is not walked for its last one.
  for (store::Millis stretch{60'000};; stretch *= 8) {
    const auto begin = until - after <= stretch ? after : until - stretch;
    ticks.clear();
    for (auto tick = next(begin); tick && *tick <= until; tick = next(*tick)) ticks.push_back(*tick);
    if (ticks.size() >= most || begin == after) break;
  }
  if (ticks.size() > most) ticks.erase(ticks.begin(), ticks.end() - static_cast<std::ptrdiff_t>(most));
  return ticks;
}

}  // namespace reeve::schedules
