#include "config/fields.hpp"

#include <algorithm>

#include "handlers/nearest.hpp"

namespace reeve::config {

namespace {

bool holds(const std::vector<std::string_view>& keys, const std::string& key) { return std::find(keys.begin(), keys.end(), key) != keys.end(); }

}  // namespace

void refuse_key(Reading& reading, const Entry& entry, const std::vector<std::string_view>& known, const Refused& refused) {
  if (holds(refused.later, entry.key)) return reading.error(entry.place, "this key is not available in this version; remove it");
  if (holds(refused.elsewhere, entry.key))
    return reading.error(entry.place, "this key belongs into the main file; an included one holds handlers and queues");
  std::string message = "unknown key" + handlers::did_you_mean(entry.key, known);
  if (!message.ends_with('?')) {
    message += "; known here:";
    for (const std::string_view name : known) message += " " + std::string{name};
  }
  reading.error(entry.place, std::move(message));
}

}  // namespace reeve::config
