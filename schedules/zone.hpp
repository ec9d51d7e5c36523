// Time zones of the system's database (tzdata), by their names.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schedules/cron.hpp"
#include "store/time.hpp"

namespace reeve::schedules {

using UtcSeconds = std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds>;

// A stretch of time during which clocks differ from UTC by one offset: [begin, end).
struct Period {
  UtcSeconds begin{};
  UtcSeconds end{};
  std::chrono::seconds offset{};
};

class Zone {
 public:
  // "UTC", "Europe/Berlin"; nullopt: the system's database does not know it, or there is none.
  [[nodiscard]] static std::optional<Zone> find(const std::string& name);
  // The zone that the system is set to; UTC when that cannot be told.
  [[nodiscard]] static Zone of_system();
  [[nodiscard]] static Zone utc();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Period at(UtcSeconds moment) const;

 private:
  Zone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}
  std::string name_;
  const void* zone_;    // of the library's database, which lives as long as the program; nullptr: UTC
};

}  // namespace reeve::schedules
