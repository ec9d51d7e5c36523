// Reading members of what the daemon answered. A member that is absent or of another type reads as nothing: an older or newer daemon must
// not make the CLI fail.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/time.hpp"

namespace reeve::cli {

using Object = boost::json::object;
using Array = boost::json::array;

[[nodiscard]] std::string text_in(const Object& object, std::string_view name);
[[nodiscard]] std::optional<std::int64_t> integer_in(const Object& object, std::string_view name);
[[nodiscard]] std::optional<double> number_in(const Object& object, std::string_view name);
[[nodiscard]] bool is_set_in(const Object& object, std::string_view name);
[[nodiscard]] std::optional<store::Timestamp> moment_in(const Object& object, std::string_view name);
// An empty one when there is none. They live in `object`, so it must have a name.
[[nodiscard]] const Object& object_in(const Object& object, std::string_view name);
[[nodiscard]] const Array& array_in(const Object& object, std::string_view name);
const Object& object_in(Object&&, std::string_view) = delete;
const Array& array_in(Object&&, std::string_view) = delete;
[[nodiscard]] const Object& as_object(const boost::json::value& value);
// A string as it is, anything else as JSON.
[[nodiscard]] std::string shown(const boost::json::value& value);

// Throws std::runtime_error when `body` is not a JSON object.
[[nodiscard]] Object parse_object(std::string_view body);

}  // namespace reeve::cli
