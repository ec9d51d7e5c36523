// JSON Schema (draft-07) for payloads, results and labels: compiled once, checked often.
//
// The validator is valijson; nobody but json_schema.cpp knows it. What it cannot be trusted with - endless recursion, runaway patterns, arrays
// of unique items, faults without a number - is settled before a schema reaches it (tame.hpp). A schema refers to nothing outside itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reeve::handlers {

struct SchemaFault {
  std::string path{};      // a JSON Pointer: into the schema when that is at fault, else into the value; empty is the whole
  std::string message{};   // for the end of a sentence: "must be of type integer, but is the text \"five\""
};

struct CompiledSchema;

// Immutable; any number of threads may check at once.
class JsonSchema {
 public:
  // Larger values are not checked but refused.
  static constexpr std::size_t value_bytes_max = 4 << 20;

  // `json` is the schema as JSON. Never throws for what it holds.
  [[nodiscard]] static CompiledSchema compile(std::string_view json);
  ~JsonSchema();

  // The first fault of a value; `json` has passed check_json. Takes a bounded amount of work: what would take more is a fault.
  [[nodiscard]] std::optional<SchemaFault> check(std::string_view json) const;

  // The schema as it was given, without spaces.
  [[nodiscard]] const std::string& text() const;

 private:
  class Impl;
  explicit JsonSchema(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct CompiledSchema {
  std::shared_ptr<const JsonSchema> schema{};   // null when there are errors; shared by the handler and its running attempts
  std::vector<SchemaFault> errors{};
  std::vector<SchemaFault> warnings{};          // members that mean nothing: misspelt, or of another draft
};

}  // namespace reeve::handlers
