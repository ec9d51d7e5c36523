#include "handlers/schema/tame.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>
#include <utility>

#include "handlers/nearest.hpp"
#include "handlers/schema/pattern.hpp"

namespace reeve::handlers {

namespace json = boost::json;

namespace {

constexpr std::size_t subschemas_max = 500;
constexpr int chain_max = 16;   // subschemas, one in the other, that look at the same place of a value

// Where the subschemas of a schema are. `in_place`: they look at the same place of the value as their parent.
enum class Shape { one, one_or_list, list, map };
struct Applicator {
  std::string_view name;
  Shape shape;
  bool in_place;
};
constexpr std::array applicators{
    Applicator{"not", Shape::one, true},
    Applicator{"if", Shape::one, true},
    Applicator{"then", Shape::one, true},
    Applicator{"else", Shape::one, true},
    Applicator{"allOf", Shape::list, true},
    Applicator{"anyOf", Shape::list, true},
    Applicator{"oneOf", Shape::list, true},
    Applicator{"dependencies", Shape::map, true},
    Applicator{"items", Shape::one_or_list, false},
    Applicator{"additionalItems", Shape::one, false},
    Applicator{"contains", Shape::one, false},
    Applicator{"properties", Shape::map, false},
    Applicator{"patternProperties", Shape::map, false},
    Applicator{"additionalProperties", Shape::one, false},
    Applicator{"propertyNames", Shape::one, false},
    Applicator{"definitions", Shape::map, false},
    Applicator{"$defs", Shape::map, false},
};

const std::vector<std::string_view> other_members{
    "$schema", "$id", "$ref", "$comment", "title", "description", "default", "examples", "readOnly", "writeOnly", "contentMediaType", "contentEncoding",
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern", "format",
    "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required"};

// Of later drafts; read as draft-07 they would mean nothing, and nobody would notice.
const std::map<std::string_view, std::string_view> later_members{
    {"prefixItems", "write items: [..]"}, {"unevaluatedItems", "write additionalItems"}, {"unevaluatedProperties", "write additionalProperties"},
    {"dependentRequired", "write dependencies"}, {"dependentSchemas", "write dependencies"}, {"minContains", "leave it out"},
    {"maxContains", "leave it out"}, {"$anchor", "refer by #/definitions/name"}, {"$dynamicRef", "write $ref"}, {"$dynamicAnchor", "leave it out"},
    {"$recursiveRef", "write $ref: \"#\""}, {"$recursiveAnchor", "leave it out"}, {"$vocabulary", "leave it out"}};

// What the validator tests; others are read and mean nothing, as the draft allows.
const std::vector<std::string_view> tested_formats{"date", "time", "date-time"};

const Applicator* applicator_of(std::string_view name) {
  for (const Applicator& one : applicators)
    if (one.name == name) return &one;
  return nullptr;
}

std::vector<std::string_view> known_members() {
  std::vector<std::string_view> all = other_members;
  for (const Applicator& one : applicators) all.push_back(one.name);
  return all;
}

std::int64_t nodes_of(const json::value& value) {
  std::int64_t count = 1;
  if (value.is_array())
    for (const json::value& item : value.get_array()) count += nodes_of(item);
  if (value.is_object())
    for (const auto& member : value.get_object()) count += nodes_of(member.value());
  return count;
}

std::string decoded(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size()) out += step[++i] == '1' ? '/' : '~';
    else out += step[i];
  }
  return out;
}

int hex_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "#/definitions/a%20b" as the pointer that it is.
std::string pointer_in(std::string_view reference) {
  std::string plain;
  for (std::size_t i = 1; i < reference.size(); ++i) {
    const bool escaped = reference[i] == '%' && i + 2 < reference.size() && hex_of(reference[i + 1]) >= 0 && hex_of(reference[i + 2]) >= 0;
    if (escaped) plain += static_cast<char>(hex_of(reference[i + 1]) * 16 + hex_of(reference[i + 2]));
    else plain += reference[i];
    if (escaped) i += 2;
  }
  std::string pointer;
  for (std::size_t at = plain.find('/'); at != std::string::npos;) {
    const std::size_t next = plain.find('/', at + 1);
    pointer = pointer_to(pointer, decoded(std::string_view(plain).substr(at + 1, next == std::string::npos ? next : next - at - 1)));
    at = next;
  }
  return pointer;
}

class Tamer {
 public:
  Tamed all(const json::value& schema) {
    check_draft(schema);
    tamed_.schema = subschema(schema, "");
    for (const auto& [from, to] : references_)
      if (!places_.contains(to)) error(from, "$ref " + (to.empty() ? std::string{"#"} : "#" + to) + " points to no schema; put one there, or correct the reference");
    if (tamed_.errors.empty()) check_chains();
    return std::move(tamed_);
  }

 private:
  void error(std::string path, std::string message) { tamed_.errors.push_back({std::move(path), std::move(message)}); }
  void warn(std::string path, std::string message) { tamed_.warnings.push_back({std::move(path), std::move(message)}); }

  void check_draft(const json::value& schema) {
    const json::value* draft = schema.is_object() ? schema.get_object().if_contains("$schema") : nullptr;
    if (!draft) return;
    const bool seventh = draft->is_string() && std::string_view(draft->get_string()).find("json-schema.org/draft-07/schema") != std::string_view::npos;
    if (!seventh) error("/$schema", json::serialize(*draft) + " was found, but schemas are read as draft-07; write \"http://json-schema.org/draft-07/schema#\" or leave it out");
  }

  json::value subschema(const json::value& schema, const std::string& path) {
    if (places_.size() == subschemas_max) {
      if (!std::exchange(too_many_, true)) error(path, "there are more than " + std::to_string(subschemas_max) + " subschemas; simplify the schema");
      return json::object{};
    }
    const auto inserted = places_.try_emplace(path);
    if (schema.is_bool()) return boolean(schema.get_bool());
    if (!schema.is_object()) {
      error(path, json::serialize(schema).substr(0, 60) + " was found, but a schema is an object, true or false");
      return json::object{};
    }
    if (schema.get_object().if_contains("$ref")) return reference(schema.get_object(), path);
    return object(schema.get_object(), path, inserted.first->second);
  }

  static json::value boolean(bool accepts) {
    json::object out{{effort_member, json::array{1, 0}}};
    if (!accepts) out["not"] = json::object{};
    return out;
  }

  json::value reference(const json::object& schema, const std::string& path) {
    const json::value& target = schema.at("$ref");
    const std::string at = pointer_to(path, "$ref");
    if (!target.is_string()) return error(at, "a $ref is a text like \"#/definitions/name\""), json::object{};
    const std::string_view text = target.get_string();
    if (!text.starts_with('#'))
      return error(at, "\"" + std::string(text.substr(0, 100)) + "\" is outside this schema; nothing is fetched: put it under definitions and refer to #/definitions/name"), json::object{};
    if (text.size() > 1 && text[1] != '/') return error(at, "\"" + std::string(text.substr(0, 100)) + "\" is a name, which is not followed; write #/definitions/name"), json::object{};
    const std::string pointer = pointer_in(text);
    references_.emplace_back(path, pointer);
    places_[path].push_back(pointer);
    json::object out;
    for (const auto& member : schema)
      if (member.key() == "definitions" || member.key() == "$defs") out[member.key()] = children(member.key(), member.value(), path, *applicator_of(member.key()), nullptr);
      else if (member.key() != "$ref" && member.key() != "$schema" && member.key() != "$id" && member.key() != "$comment" && member.key() != "title" && member.key() != "description")
        warn(pointer_to(path, member.key()), "means nothing beside a $ref; put both into allOf");
    out["$ref"] = target;
    return out;
  }

  json::value object(const json::object& schema, const std::string& path, std::vector<std::string>& in_place) {
    json::object out;
    std::int64_t units = 1;
    std::int64_t units_per_member = 0;
    for (const auto& member : schema) {
      const std::string_view name = member.key();
      if (const Applicator* applicator = applicator_of(name)) {
        out[name] = children(name, member.value(), path, *applicator, &in_place);
        if (applicator->shape == Shape::map && member.value().is_object()) units += static_cast<std::int64_t>(member.value().get_object().size()) / 4;
        if (name == "patternProperties" && member.value().is_object()) units_per_member += static_cast<std::int64_t>(member.value().get_object().size());
        if (name == "propertyNames" || name == "additionalProperties") ++units_per_member;
        continue;
      }
      check_member(name, member.value(), path);
      if (name == "enum" || name == "const" || name == "required") units += nodes_of(member.value()) / 4;
      if (name != "$schema" && name != "$id" && name != "format" && name != "uniqueItems") out[name] = member.value();
    }
    if (const json::value* unique = schema.if_contains("uniqueItems"); unique && unique->is_bool() && unique->get_bool()) out[unique_member] = true;
    if (const json::value* format = schema.if_contains("format")) only_of_texts(out, *format);
    out[effort_member] = json::array{units, units_per_member};
    return out;
  }

  // The validator tests the format of numbers and objects, too.
  static void only_of_texts(json::object& schema, const json::value& format) {
    json::value& all = schema["allOf"];
    if (!all.is_array()) all = json::array{};
    all.get_array().push_back(json::object{{"if", json::object{{"type", "string"}}}, {"then", json::object{{"format", format}}}});
  }

  // `in_place` collects those that look at the same place of the value; null below a $ref.
  json::value children(std::string_view name, const json::value& value, const std::string& path, const Applicator& applicator, std::vector<std::string>* in_place) {
    const std::string at = pointer_to(path, name);
    const auto child = [&](const json::value& schema, const std::string& where) {
      if (in_place && applicator.in_place) in_place->push_back(where);
      return subschema(schema, where);
    };
    if (applicator.shape == Shape::map) return map_of(name, value, at, child);
    if (applicator.shape == Shape::list || (applicator.shape == Shape::one_or_list && value.is_array())) {
      if (!value.is_array() || (value.get_array().empty() && applicator.shape == Shape::list)) return error(at, "a list with at least one schema is needed"), json::array{json::object{}};
      json::array out;
      for (std::size_t i = 0; i < value.get_array().size(); ++i) out.push_back(child(value.get_array()[i], pointer_to(at, std::to_string(i))));
      return out;
    }
    // Of these two the validator knows false best itself.
    if (value.is_bool() && (name == "additionalProperties" || name == "additionalItems")) return places_.try_emplace(at), value;
    return child(value, at);
  }

  template <class Child>
  json::value map_of(std::string_view name, const json::value& value, const std::string& at, Child child) {
    json::object out;
    if (!value.is_object()) return error(at, "an object is needed here"), out;
    for (const auto& member : value.get_object()) {
      const std::string where = pointer_to(at, member.key());
      if (name == "patternProperties") check_pattern(member.key(), where);
      if (name == "dependencies" && member.value().is_array()) out[member.key()] = member.value();
      else out[member.key()] = child(member.value(), where);
    }
    return out;
  }

  void check_member(std::string_view name, const json::value& value, const std::string& path) {
    const std::string at = pointer_to(path, name);
    if (name == effort_member || name == unique_member) return error(at, "this name is reeve's own; choose another");
    if (name == "$id" && !path.empty()) return error(at, "only the whole schema may have an $id: below it would turn references elsewhere");
    if (const auto later = later_members.find(name); later != later_members.end())
      return error(at, "is of a later draft than draft-07; " + std::string(later->second));
    if (name == "pattern") return value.is_string() ? check_pattern(value.get_string(), at) : error(at, "a pattern is a text");
    if (name == "uniqueItems" && !value.is_bool()) return error(at, "true or false is needed");
    if (name == "format" && !value.is_string()) return error(at, "a format is a text");
    if (name == "format" && std::find(tested_formats.begin(), tested_formats.end(), std::string_view(value.get_string())) == tested_formats.end())
      return warn(at, "the format " + json::serialize(value) + " is not tested; only date, time and date-time are");
    static const std::vector<std::string_view> known = known_members();
    if (std::find(known.begin(), known.end(), name) == known.end() && !name.starts_with("x-"))
      warn(at, "means nothing in a schema" + did_you_mean(name, known));
  }

  void check_pattern(std::string_view pattern, const std::string& at) {
    try {
      const Pattern compiled{std::string(pattern)};
    } catch (const std::exception& fault) {
      error(at, "is no pattern: " + std::string(fault.what()));
    }
  }

  void check_chains() {
    for (const auto& [path, next] : places_)
      if (tamed_.errors.empty()) length_of(path);
  }

  // Of the longest chain of subschemas at one place of a value that begins at `path`.
  int length_of(const std::string& path) {
    if (const auto known = lengths_.find(path); known != lengths_.end()) return known->second;
    if (!under_way_.insert(path).second) {
      if (tamed_.errors.empty()) error(path, "refers to itself without moving on in the value; no value could ever be checked");
      return 0;
    }
    int longest = 0;
    for (const std::string& next : places_[path]) longest = std::max(longest, length_of(next));
    under_way_.erase(path);
    if (longest + 1 > chain_max && tamed_.errors.empty())
      error(path, "more than " + std::to_string(chain_max) + " subschemas lie one in the other for the same place of a value; flatten them");
    return lengths_[path] = longest + 1;
  }

  Tamed tamed_{};
  std::map<std::string, std::vector<std::string>> places_{};   // of every subschema: those that look at the same place of the value
  std::vector<std::pair<std::string, std::string>> references_{};
  std::map<std::string, int> lengths_{};
  std::set<std::string> under_way_{};
  bool too_many_ = false;
};

}  // namespace

std::string pointer_to(const std::string& parent, std::string_view step) {
  std::string out = parent + "/";
  for (const char c : step) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

Tamed tame(const json::value& schema) { return Tamer{}.all(schema); }

}  // namespace reeve::handlers
