// Pieces of JSON Schema as text, made by the same tables that read the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/time.hpp"

namespace reeve::config {

// JSON for "default", or empty when there is none.
[[nodiscard]] std::string json_default(const std::string& text);
[[nodiscard]] std::string json_default(store::Millis duration);
[[nodiscard]] std::string json_default(bool flag);
[[nodiscard]] std::string json_default(double number);
[[nodiscard]] std::string json_default(std::int64_t number);
[[nodiscard]] std::string json_default(int number);
[[nodiscard]] std::string json_default(const std::vector<std::string>& texts);
template <class Value>
[[nodiscard]] std::string json_default(const std::optional<Value>& value) {
  return value ? json_default(*value) : std::string{};
}

// "text" as a JSON string.
[[nodiscard]] std::string json_quoted(std::string_view text);

[[nodiscard]] std::string text_schema();
[[nodiscard]] std::string texts_schema();
[[nodiscard]] std::string name_schema();
[[nodiscard]] std::string duration_schema();
[[nodiscard]] std::string size_schema();
[[nodiscard]] std::string integer_schema(std::int64_t low, std::int64_t high);
[[nodiscard]] std::string number_schema(double low, double high);
[[nodiscard]] std::string flag_schema();
[[nodiscard]] std::string mode_schema();
[[nodiscard]] std::string words_schema(const std::vector<std::string_view>& words);
// Any keys; `values` is the schema of what they hold.
[[nodiscard]] std::string mapping_schema(const std::string& values);

// `schema` with one more member; nothing changes when `json` is empty.
[[nodiscard]] std::string with_member(std::string schema, std::string_view member, const std::string& json);

}  // namespace reeve::config
