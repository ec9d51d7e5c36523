// What the validator found, in words for people: which member, what is expected, what was found.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "handlers/schema/json_schema.hpp"

namespace reeve::handlers {

// As the validator says it.
struct RawFault {
  std::vector<std::string> steps{};        // from the whole value down: names of members and indices
  std::string description{};
};

// The one of `faults` (in the validator's order, not empty) that helps most. `schema` as it was written.
[[nodiscard]] SchemaFault explain(const std::vector<RawFault>& faults, const boost::json::value& schema, const boost::json::value& value);

}  // namespace reeve::handlers
