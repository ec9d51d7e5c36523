// Reading JSON that came from outside: first all of it is checked, then it is cut into slices of the very bytes that were sent.
//
// What must be kept byte for byte (payload, metadata) is never parsed into values. The check is strict and linear: grammar, UTF-8, depth,
// and no key twice in one object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/json_check.hpp"

namespace reeve::api {

using handlers::check_json;
using handlers::json_depth_max;
using handlers::JsonCheck;
using handlers::JsonFault;

// All below may be asked only of text that passed the check (handlers/json_check.hpp).

enum class JsonType { object, array, string, number, boolean, null };
struct JsonMember {
  std::string key{};
  std::string_view value{};      // exactly as sent, without surrounding white space
};

[[nodiscard]] std::string_view trimmed_json(std::string_view json);
[[nodiscard]] JsonType type_of(std::string_view json);
[[nodiscard]] std::string_view name(JsonType type);
[[nodiscard]] std::vector<JsonMember> members_of(std::string_view object);
[[nodiscard]] std::vector<std::string_view> items_of(std::string_view array);
[[nodiscard]] std::string string_of(std::string_view json);
// Nullopt: not a number, not whole, or out of range.
[[nodiscard]] std::optional<std::int64_t> integer_of(std::string_view json);
[[nodiscard]] std::optional<double> number_of(std::string_view json);

}  // namespace reeve::api
