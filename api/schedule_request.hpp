// A schedule as people ask for it in JSON: {"cron":..., "zone":..., "task":{...}, "overlap":..., "catch_up":..., ...}.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "handlers/schedule.hpp"

namespace reeve::api {

// `object` has passed check_json. Throws Problem that names the field.
[[nodiscard]] std::shared_ptr<const handlers::Schedule> parse_schedule(const std::string& name, std::string_view object);

// The same of what the store kept; null when it is not understood.
[[nodiscard]] std::shared_ptr<const handlers::Schedule> read_schedule(const std::string& name, const std::string& spec);

}  // namespace reeve::api
