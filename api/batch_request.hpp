// A batch as people ask for it in JSON: {"name":..., "open":..., "metadata":..., "on_success":{task}, ..., "tasks":[{task}, ...]}
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/service.hpp"
#include "store/batches.hpp"

namespace reeve::api {

struct BatchRequest {
  store::NewBatch batch{};                       // its callbacks are admitted already
  std::vector<std::string_view> tasks{};         // slices of the body
};

// `body` has passed check_json and outlives the answer. Throws Problem that names the field.
[[nodiscard]] BatchRequest parse_batch(Service& service, std::string_view body, const std::string& actor);

}  // namespace reeve::api
