// Makes a schema safe for the validator, or says why it cannot be.
//
// Refused: references to anything outside the schema or to nothing, references that go round without moving on in the value, patterns that are
// none, other drafts and their members, too many or too deep subschemas. Rewritten, with the same meaning: what the validator gets wrong.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "handlers/schema/json_schema.hpp"

namespace reeve::handlers {

// Members of the rewritten schema that stand for constraints of ours. Their names are refused in what people write.
inline constexpr const char* effort_member = "reeve:effort";   // [units, units for each member of an object]
inline constexpr const char* unique_member = "reeve:unique";   // in place of uniqueItems: true

struct Tamed {
  boost::json::value schema{};
  std::vector<SchemaFault> errors{};
  std::vector<SchemaFault> warnings{};
};

[[nodiscard]] Tamed tame(const boost::json::value& schema);

// Steps of JSON Pointers.
[[nodiscard]] std::string pointer_to(const std::string& parent, std::string_view step);

}  // namespace reeve::handlers
