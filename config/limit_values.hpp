// Rates, resources, and the label that tenants are told by.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/fields.hpp"
#include "store/rooms.hpp"
#include "supervisor/options.hpp"

namespace reeve::config {

// "100/1m", "10/s", or {limit: 100, per: 1m, burst: 10}.
[[nodiscard]] std::optional<store::Rate> read_rate(Reading& reading, const Node& node);
[[nodiscard]] std::string rate_schema();

// {gpu: 2, license: [alpha, beta]}
[[nodiscard]] std::optional<std::vector<supervisor::Resource>> read_resources(Reading& reading, const Node& node);
[[nodiscard]] std::string resources_schema();

// {gpu: 1}
[[nodiscard]] std::optional<std::vector<store::Room>> read_needs(Reading& reading, const Node& node);
[[nodiscard]] std::string needs_schema();

// "label:tenant": gives "tenant".
[[nodiscard]] std::optional<std::string> read_fair_by(Reading& reading, const Node& node);

// The same key for one queue and for all.
template <class Target, class Where>
[[nodiscard]] Field<Target> ageing_field(Where where) {
  return duration<Target>("ageing", where, {store::Millis{1}, store::Millis{std::chrono::hours{24 * 365}}},
                          "each such time of waiting counts as one more priority, up to 9, so that low priorities do not starve; never when left out");
}

}  // namespace reeve::config
