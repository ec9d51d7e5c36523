#include "cli/fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "cli/progress_bar.hpp"

namespace reeve::cli {
namespace {

const boost::json::value* find(const Object& object, std::string_view name) {
  return object.if_contains(boost::json::string_view(name.data(), name.size()));
}

}  // namespace

std::string text_in(const Object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

std::optional<std::int64_t> integer_in(const Object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

std::optional<double> number_in(const Object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

bool is_set_in(const Object& object, std::string_view name) {
  const auto* value = find(object, name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::optional<store::Timestamp> moment_in(const Object& object, std::string_view name) {
  return store::parse_rfc3339(text_in(object, name));
}

const Object& as_object(const boost::json::value& value) {
  static const Object none{};
  return value.is_object() ? value.get_object() : none;
}

const Object& object_in(const Object& object, std::string_view name) {
  static const boost::json::value none{};
  const auto* value = find(object, name);
  return as_object(value == nullptr ? none : *value);
}

const Array& array_in(const Object& object, std::string_view name) {
  static const Array none{};
  const auto* value = find(object, name);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::string shown(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) return plain_number(value.get_double());
  return boost::json::serialize(value);
}

Object parse_object(std::string_view body) {
  boost::json::error_code error{};
  boost::json::parse_options options{};
  options.max_depth = 256;  // a payload of the deepest kind that is accepted, inside an answer
  boost::json::value value = boost::json::parse(boost::json::string_view(body.data(), body.size()), error, {}, options);
  if (error || !value.is_object()) throw std::runtime_error("the daemon gave an answer that is not a JSON object");
  return std::move(value.get_object());
}

}  // namespace reeve::cli
