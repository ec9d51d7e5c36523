// payload_schema: result_schema: labels_schema:
//
//   payload_schema: {type: object, required: [to]}     the schema itself
//   payload_schema: schemas/mail.json                  a file of JSON, relative to the one it stands in
#pragma once

#include <memory>
#include <optional>

#include "config/reading.hpp"
#include "handlers/schema/json_schema.hpp"

namespace reeve::config {

// Compiled. Every error names its place: in the file for a schema that stands there, a pointer into the JSON file otherwise.
[[nodiscard]] std::optional<std::shared_ptr<const handlers::JsonSchema>> read_json_schema(Reading& reading, const Node& node);

}  // namespace reeve::config
