#include "handlers/schema/explain.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>

#include "handlers/schema/pattern.hpp"
#include "handlers/schema/tame.hpp"

namespace reeve::handlers {

namespace json = boost::json;

namespace {

constexpr std::size_t shown_max = 80;
constexpr std::size_t rules_max = 64;      // subschemas looked at to say what was expected

std::string cut(std::string text) {
  if (text.size() <= shown_max) return text;
  std::size_t end = shown_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;   // never inside a character
  return text.substr(0, end) + "...";
}

// JSON as people write it; the library writes 0.5 as 5E-1.
std::string number_text(const json::value& value) {
  if (!value.is_double()) return json::serialize(value);
  char digits[32];
  const auto written = std::to_chars(digits, digits + sizeof digits, value.get_double());
  return {digits, written.ptr};
}

std::string described(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return value.get_bool() ? "true" : "false";
    case json::kind::string: return "the text " + cut(json::serialize(value));
    case json::kind::array: return "a list of " + std::to_string(value.get_array().size());
    case json::kind::object: return "an object with " + std::to_string(value.get_object().size()) + " members";
    default: return "the number " + number_text(value);
  }
}

std::optional<std::size_t> index_of(const std::string& step) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  return error == std::errc{} && end == step.data() + step.size() ? std::optional(index) : std::nullopt;
}

const json::value* below(const json::value& value, const std::string& step) {
  if (value.is_object()) return value.get_object().if_contains(step);
  const auto index = index_of(step);
  return value.is_array() && index && *index < value.get_array().size() ? &value.get_array()[*index] : nullptr;
}

const json::value* found_at(const json::value& whole, const std::vector<std::string>& steps) {
  const json::value* at = &whole;
  for (const std::string& step : steps)
    if (at) at = below(*at, step);
  return at;
}

// The subschemas that have a say about one place of the value.
class Rules {
 public:
  explicit Rules(const json::value& schema) : whole_(schema) { add(schema, all_); }

  void descend(const std::string& step) {
    std::vector<const json::object*> next;
    for (const json::object* rule : all_) children(*rule, step, next);
    all_ = std::move(next);
  }

  // What all that say something under `member` say; empty when they differ or say nothing.
  [[nodiscard]] std::string under(std::string_view member) const {
    std::string said;
    for (const json::object* rule : all_) {
      const json::value* value = rule->if_contains(member);
      if (!value) continue;
      const std::string text = value->is_string() ? std::string(value->get_string()) : number_text(*value);
      if (!said.empty() && said != text) return {};
      said = text;
    }
    return cut(said);
  }

 private:
  void add(const json::value& schema, std::vector<const json::object*>& rules) const {
    if (!schema.is_object() || rules.size() >= rules_max) return;
    const json::object& object = schema.get_object();
    if (const json::value* reference = object.if_contains("$ref"); reference && reference->is_string()) {
      boost::system::error_code error;
      const std::string_view text = reference->get_string();
      if (const json::value* target = whole_.find_pointer(text.substr(1), error)) add(*target, rules);
      return;
    }
    rules.push_back(&object);
    for (const char* one : {"if", "then", "else"})
      if (const json::value* inner = object.if_contains(one)) add(*inner, rules);
    for (const char* several : {"allOf", "anyOf", "oneOf"})
      if (const json::value* inner = object.if_contains(several); inner && inner->is_array())
        for (const json::value& each : inner->get_array()) add(each, rules);
  }

  void children(const json::object& rule, const std::string& step, std::vector<const json::object*>& next) const {
    bool named = false;
    if (const json::value* properties = rule.if_contains("properties"); properties && properties->is_object())
      if (const json::value* property = properties->get_object().if_contains(step)) named = true, add(*property, next);
    if (const json::value* patterns = rule.if_contains("patternProperties"); patterns && patterns->is_object())
      for (const auto& pattern : patterns->get_object())
        if (Pattern{std::string(pattern.key())}.search(step)) named = true, add(pattern.value(), next);
    if (const json::value* others = rule.if_contains("additionalProperties"); others && !named) add(*others, next);
    const json::value* items = rule.if_contains("items");
    const auto index = index_of(step);
    if (items && items->is_object()) add(*items, next);
    if (items && items->is_array() && index && *index < items->get_array().size()) add(items->get_array()[*index], next);
  }

  const json::value& whole_;
  std::vector<const json::object*> all_{};
};

// How the validator's sentence begins, which member of the schema it is about, and what to say in its place before and after what that holds.
struct Sentence {
  std::string_view begins;
  std::string_view member;
  std::string_view before;
  std::string_view after;
  std::string_view otherwise;   // when it is not known what the member holds
};
constexpr std::array sentences{
    Sentence{"Value type not permitted", "type", "must be of type ", "", "is of a type that is not allowed"},
    Sentence{"Failed to match against any enum", "enum", "must be one of ", "", "is none of the values that are allowed"},
    Sentence{"Failed to match expected value set by 'const'", "const", "must be ", "", "is not the one value that is allowed"},
    Sentence{"Failed to match regex", "pattern", "must match the pattern ", "", "does not match the pattern"},
    Sentence{"Expected number less than or equal", "maximum", "must be at most ", "", "is too large"},
    Sentence{"Expected number less than", "exclusiveMaximum", "must be less than ", "", "is too large"},
    Sentence{"Expected number greater than or equal", "minimum", "must be at least ", "", "is too small"},
    Sentence{"Expected number greater than", "exclusiveMinimum", "must be more than ", "", "is too small"},
    Sentence{"Value should be a multiple", "multipleOf", "must be a multiple of ", "", "is not a multiple of what is asked for"},
    Sentence{"Array should contain no more", "maxItems", "must have at most ", " items", "has too many items"},
    Sentence{"Array should contain no fewer", "minItems", "must have at least ", " items", "has too few items"},
    Sentence{"String should be no more", "maxLength", "must have at most ", " characters", "is too long"},
    Sentence{"String should be no fewer", "minLength", "must have at least ", " characters", "is too short"},
    Sentence{"Object should have no more", "maxProperties", "must have at most ", " members", "has too many members"},
    Sentence{"Object should have no fewer", "minProperties", "must have at least ", " members", "has too few members"},
    Sentence{"String should be a valid", "format", "must be a valid ", "", "is not of the format that is asked for"},
    Sentence{"Failed to any values against subschema in 'contains'", "", "", "", "has no item like the one that it must contain"},
    Sentence{"Target should not validate", "", "", "", "is what the schema excludes (not)"},
    Sentence{"Failed to validate against any schemas allowed by anyOf", "", "", "", "fits none of the alternatives of the schema (anyOf)"},
    Sentence{"Failed to validate against any child schemas allowed by oneOf", "", "", "", "fits none of the alternatives of the schema (oneOf)"},
    Sentence{"Failed to validate against exactly one", "", "", "", "fits more than one of the alternatives of the schema (oneOf)"},
    Sentence{"Array contains more items than allowed", "", "", "", "has more items than the schema allows"},
    Sentence{"Cannot validate item #", "", "", "", "has more items than the schema allows"},
    Sentence{"Failed to validate against dependent", "", "", "", "does not fulfil what a member of it asks for (dependencies)"},
};

std::string quoted_in(const std::string& description) {
  const std::size_t last = description.rfind('\'');
  const std::size_t first = last == std::string::npos ? last : description.rfind('\'', last - 1);
  return first == std::string::npos || last == 0 ? std::string{} : description.substr(first + 1, last - first - 1);
}

std::string sentence_for(const std::string& description, const Rules& rules, const json::value* found) {
  const auto name = [&description] { return json::serialize(json::string(cut(quoted_in(description)))); };
  if (description.starts_with("Missing required property")) return "lacks the member " + name();
  if (description.starts_with("Missing dependency")) return "lacks the member " + name() + ", which another member asks for";
  if (description.starts_with("Object contains a property")) return "has the member " + name() + ", which the schema does not allow";
  const std::string but = found ? ", but is " + described(*found) : "";
  for (const Sentence& sentence : sentences) {
    if (!description.starts_with(sentence.begins)) continue;
    const std::string said = sentence.member.empty() ? std::string{} : rules.under(sentence.member);
    if (said.empty()) return std::string(sentence.otherwise) + (found ? "; it is " + described(*found) : "");
    return std::string(sentence.before) + said + std::string(sentence.after) + but;
  }
  if (description.starts_with("unique: ")) return description.substr(8);
  return "does not fit the schema" + but;
}

bool tells_of_alternatives(const std::string& description) {
  return description.starts_with("Failed to validate against any schemas allowed by anyOf") || description.starts_with("Failed to validate against any child schemas allowed by oneOf");
}

bool holds(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  return outer.size() <= inner.size() && std::equal(outer.begin(), outer.end(), inner.begin());
}

}  // namespace

SchemaFault explain(const std::vector<RawFault>& faults, const json::value& schema, const json::value& value) {
  // The innermost comes first; but what one of several alternatives says of itself is not the fault: that none fits is.
  const RawFault* chosen = &faults.front();
  for (const RawFault& fault : faults)
    if (tells_of_alternatives(fault.description) && holds(fault.steps, chosen->steps)) chosen = &fault;
  Rules rules{schema};
  SchemaFault out;
  for (const std::string& step : chosen->steps) {
    rules.descend(step);
    out.path = pointer_to(out.path, step);
  }
  out.message = sentence_for(chosen->description, rules, found_at(value, chosen->steps));
  return out;
}

}  // namespace reeve::handlers
