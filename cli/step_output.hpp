// What a command printed, as the output of a step, and back: what is replayed is what was printed.
#pragma once

#include <string>
#include <string_view>

namespace reeve::cli {

// JSON objects, arrays, numbers, true, false and null as they are; anything else as a JSON string, byte for byte. A JSON string that was
// printed is text like any other, or its quotes would be lost. Throws UsageError when `printed` is not UTF-8.
[[nodiscard]] std::string step_output_of(std::string_view printed);

// The bytes to print for an output.
[[nodiscard]] std::string printed_of(std::string_view output);

}  // namespace reeve::cli
