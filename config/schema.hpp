// The JSON Schema of the file, for editors that complete and check it. Made by the tables that read the file, so it cannot say anything else.
#pragma once

#include <string>

namespace reeve::config {

// Pretty-printed, with a newline at the end. config/reeve.schema.json holds it.
[[nodiscard]] std::string schema_json();

}  // namespace reeve::config
