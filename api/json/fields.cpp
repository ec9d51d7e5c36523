#include "api/json/fields.hpp"

#include "api/problem.hpp"
#include "handlers/nearest.hpp"

namespace reeve::api {

namespace {

constexpr std::size_t shown_bytes = 60;   // of a wrong value, in a message

std::string shown(std::string_view json) {
  return json.size() <= shown_bytes ? std::string(json) : std::string(json.substr(0, shown_bytes)) + "...";
}

[[noreturn]] void refuse(const Field& field, const std::string& wanted) {
  throw not_acceptable(field.name, field.name + " is " + shown(field.json) + "; write " + wanted);
}

void expect(const Field& field, JsonType type, const std::string& wanted) {
  if (type_of(field.json) != type) refuse(field, wanted);
}

}  // namespace

std::string Field::as_string() const {
  expect(*this, JsonType::string, "a string");
  return string_of(json);
}

int Field::as_int(std::int64_t least, std::int64_t most) const {
  const auto number = type_of(json) == JsonType::number ? integer_of(json) : std::nullopt;
  if (!number || *number < least || *number > most)
    refuse(*this, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return static_cast<int>(*number);
}

double Field::as_number() const {
  const auto number = type_of(json) == JsonType::number ? number_of(json) : std::nullopt;
  if (!number) refuse(*this, "a number");
  return *number;
}

bool Field::as_bool() const {
  expect(*this, JsonType::boolean, "true or false");
  return json == "true";
}

store::Millis Field::as_duration() const {
  const auto duration = type_of(json) == JsonType::string ? store::parse_duration(string_of(json)) : std::nullopt;
  if (!duration) refuse(*this, "a duration such as \"30s\", \"5m\" or \"2h\"");
  return *duration;
}

store::Timestamp Field::as_time() const {
  const auto at = type_of(json) == JsonType::string ? store::parse_rfc3339(string_of(json)) : std::nullopt;
  if (!at) refuse(*this, "a time such as \"2026-11-20T20:31:00Z\"");
  return *at;
}

std::string Field::as_raw(JsonType type) const {
  expect(*this, type, std::string(api::name(type)));
  return std::string(json);
}

std::vector<std::string_view> Field::items() const {
  expect(*this, JsonType::array, "an array");
  return items_of(json);
}

Fields::Fields(std::string_view object, std::string where) : where_(std::move(where)) {
  if (type_of(object) != JsonType::object) {
    const std::string thing = where_.empty() ? "the body" : where_.substr(0, where_.size() - 1);
    throw Problem(422, "invalid_value", thing + " is " + std::string(api::name(type_of(object))) + "; send an object",
                  where_.empty() ? std::string() : thing);
  }
  members_ = members_of(object);
}

void Fields::refuse_unknown(const JsonMember& member, std::initializer_list<std::string_view> known) const {
  const std::string name = where_ + member.key.substr(0, shown_bytes);
  constexpr std::size_t few = 8;
  const std::string near = handlers::nearest(member.key, {known.begin(), known.end()});
  std::string hint = near.empty() ? "; see docs/api.md" : "; did you mean " + near + "?";
  if (near.empty() && known.size() <= few) {
    hint = "; known here:";
    for (const std::string_view word : known) (hint += ' ') += word;
  }
  throw Problem(422, "unknown_field", "there is no field " + name + hint, name);
}

}  // namespace reeve::api
