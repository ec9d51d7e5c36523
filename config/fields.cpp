#include "config/fields.hpp"

#include <algorithm>

#include "handlers/nearest.hpp"

namespace reeve::config {

void refuse_key(Reading& reading, const Entry& entry, const std::vector<std::string_view>& known, const std::vector<std::string_view>& later) {
  if (std::find(later.begin(), later.end(), entry.key) != later.end())
    return reading.error(entry.place, "this key is not available in this version; remove it");
  std::string message = "unknown key" + handlers::did_you_mean(entry.key, known);
  if (!message.ends_with('?')) {
    message += "; known here:";
    for (const std::string_view name : known) message += " " + std::string{name};
  }
  reading.error(entry.place, std::move(message));
}

}  // namespace reeve::config
