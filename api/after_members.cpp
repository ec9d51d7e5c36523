#include "api/after_members.hpp"

#include <charconv>
#include <limits>

#include "api/problem.hpp"

namespace reeve::api {

namespace {

constexpr std::string_view external = "ext:";
constexpr std::string_view item = "item:";

[[noreturn]] void refuse_reference(const Field& field) {
  throw not_acceptable(field.name, field.name + " names " + std::string(field.json.substr(0, 60)) +
                                       "; write ids of tasks (17), external ids (\"ext:order/7\"), or items before it in the same request (\"item:0\")");
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

store::AfterTask after_in(const Field& field) {
  store::AfterTask after;
  const std::string text = type_of(field.json) == JsonType::string ? string_of(field.json) : std::string(field.json);
  if (type_of(field.json) == JsonType::string && text.starts_with(external) && text.size() > external.size()) {
    after.external_id = text.substr(external.size());
    return after;
  }
  if (type_of(field.json) == JsonType::string && text.starts_with(item)) {
    after.item = number_in<std::size_t>(std::string_view(text).substr(item.size()));
    if (!after.item) refuse_reference(field);
    return after;
  }
  const auto id = number_in<std::int64_t>(text);
  if (!id || *id <= 0) refuse_reference(field);
  after.task = store::TaskId{*id};
  return after;
}

// One, or a list of them.
std::vector<store::AfterTask> all_in(const Field& field) {
  std::vector<store::AfterTask> all;
  if (type_of(field.json) != JsonType::array) {
    all.push_back(after_in(field));
    return all;
  }
  for (const std::string_view one : field.items()) all.push_back(after_in({field.name, one}));
  return all;
}

store::AfterPolicy policy_in_words(const Field& field) {
  const std::string text = field.as_string();
  if (const auto policy = store::parse_after_policy(text)) return *policy;
  throw not_acceptable(field.name, field.name + " is \"" + text.substr(0, 60) +
                                       "\"; write \"success\" (the task is cancelled when one of them does not succeed) or \"finished\"");
}

store::BatchId batch_in(const Field& field) {
  const auto number = type_of(field.json) == JsonType::number ? integer_of(field.json) : std::nullopt;
  if (!number || *number <= 0) throw not_acceptable(field.name, field.name + " is " + std::string(field.json.substr(0, 60)) + "; write the number of a batch");
  return store::BatchId{*number};
}

}  // namespace

bool take_after_member(handlers::Wish& wish, const Field& field, const std::string& key) {
  if (key == "after") wish.after = all_in(field);
  else if (key == "after_policy") wish.after_policy = policy_in_words(field);
  else if (key == "batch") wish.batch = batch_in(field);
  else return false;
  return true;
}

}  // namespace reeve::api
