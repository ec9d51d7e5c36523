// A task as people ask for it in JSON, turned into a wish that handlers::admit judges.
#pragma once

#include <string>
#include <string_view>

#include "handlers/admit.hpp"

namespace reeve::api {

// `object` has passed check_json. Throws Problem that names the field.
[[nodiscard]] handlers::Wish parse_wish(std::string_view object);

}  // namespace reeve::api
