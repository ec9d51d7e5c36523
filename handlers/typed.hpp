// Whether payloads, labels and results are what the schemas of a declaration say. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "executors/outcome.hpp"
#include "handlers/handler.hpp"
#include "store/store.hpp"

namespace reeve::handlers {

struct TypeFault {
  std::string code{};      // invalid_payload, invalid_labels
  std::string field{};     // "payload/to/0": what is at fault, and a JSON Pointer into it
  std::string path{};      // that pointer alone; empty is the whole
  std::string message{};   // a full sentence: member, expected, found
};

[[nodiscard]] std::optional<TypeFault> fault_in_payload(const Handler& handler, std::string_view payload);
[[nodiscard]] std::optional<TypeFault> fault_in_labels(const Handler& handler, const store::Labels& labels);

// The end of an attempt that must not begin: its task is not what the declaration says now. It came past the door, or the schema has changed
// since. Outcome invalid, and no other try: the same task would be refused again.
[[nodiscard]] std::optional<store::Finish> refused_before_start(const Handler& handler, const store::Task& task);

// A success with a result that is not what the schema says (no result counts as null) becomes a failure with the code invalid_result, which
// is retried as any other; retry.reject_on can make it final.
void check_result(const Handler& handler, executors::Outcome& outcome);

}  // namespace reeve::handlers
