// When a schedule fires: its ticks, as moments of UTC.
//
// A tick of a cron expression is a time on the clocks of a zone. Where clocks are put forward, a time of the day that is left out fires at the
// moment of the change, once; where they are put back, a time that comes twice fires the first time only. An expression whose hours are not
// restricted is about intervals: it fires at every moment that the clock really shows, the doubled hour included. (The behaviour of Vixie cron
// and systemd for changes of an hour.) `@every 5m` counts from 1970 in UTC, so that ticks are the same whenever somebody began to look.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schedules/cron.hpp"
#include "schedules/zone.hpp"
#include "store/time.hpp"

namespace reeve::schedules {

class Timing {
 public:
  // A cron expression, a macro of Cron, or "@every DURATION" (1 s to 366 days).
  [[nodiscard]] static std::variant<Timing, Fault> parse(std::string_view text, Zone zone);

  // The first tick after `after`; nullopt: none will ever come.
  [[nodiscard]] std::optional<store::Timestamp> next(store::Timestamp after) const;

  // The newest `most` ticks in (after, until], oldest first. Its cost does not depend on how many there were before.
  [[nodiscard]] std::vector<store::Timestamp> newest(store::Timestamp after, store::Timestamp until, std::size_t most) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const Zone& zone() const { return zone_; }

 private:
  struct Every { store::Millis interval{}; };
  Timing(std::string text, Zone zone, std::variant<Cron, Every> rule) : text_(std::move(text)), zone_(std::move(zone)), rule_(std::move(rule)) {}
  [[nodiscard]] std::optional<UtcSeconds> next_by_clock(const Cron& cron, UtcSeconds after) const;

  std::string text_;
  Zone zone_;
  std::variant<Cron, Every> rule_;
};

}  // namespace reeve::schedules
