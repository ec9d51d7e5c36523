#include "handlers/schema/json_schema.hpp"

#include <algorithm>
#include <any>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <unordered_map>
#include <utility>

#include "handlers/json_check.hpp"
#include "handlers/schema/effort.hpp"
#include "handlers/schema/explain.hpp"
#include "handlers/schema/pattern.hpp"
#include "handlers/schema/tame.hpp"

// The validator matches patterns with std::regex, whose stack grows with the text: a long one ends the process. So what it calls std:: is this,
// which is ::std with regular expressions of our own.
namespace valijson::std {
using namespace ::std;

class smatch {
 public:
  struct Group {
    const string& text;
    [[nodiscard]] const string& str() const { return text; }
  };
  [[nodiscard]] Group operator[](size_t i) const { return {groups.at(i)}; }
  vector<string> groups{};
};

class regex : public reeve::handlers::Pattern {
 public:
  explicit regex(const string& text) : Pattern(text) {}
};

inline bool regex_search(const string& text, const regex& pattern) { return pattern.search(text); }
inline bool regex_match(const string& text, smatch& groups, const regex& pattern) { return pattern.match(text, groups.groups); }
inline bool regex_match(const string& text, const regex& pattern) {
  smatch groups;
  return regex_match(text, groups, pattern);
}
}  // namespace valijson::std

#define VALIJSON_USE_EXCEPTIONS 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

namespace reeve::handlers {

namespace json = boost::json;

namespace {

constexpr std::size_t faults_max = 64;   // enough to choose from

// The validator would go on and collect a fault for each item of a long list.
class EnoughFaults : public std::exception {};

template <class Derived>
class Constraint : public valijson::constraints::PolyConstraint {
  valijson::constraints::Constraint* cloneInto(void* memory) const override { return new (memory) Derived(static_cast<const Derived&>(*this)); }
  size_t sizeOf() const override { return sizeof(Derived); }
};

class EffortConstraint final : public Constraint<EffortConstraint> {
 public:
  EffortConstraint(std::int64_t units, std::int64_t per_member) : units_(units), per_member_(per_member) {}

  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>&, valijson::ValidationResults* results) const override {
    const auto members = per_member_ > 0 && target.isObject() ? static_cast<std::int64_t>(target.getObjectSize()) : 0;
    Effort::schema(units_ + per_member_ * members);
    if (results && results->numErrors() >= faults_max) throw EnoughFaults{};
    return true;
  }

 private:
  std::int64_t units_;
  std::int64_t per_member_;
};

// A text that two values share if and only if they are equal as JSON: members in order of their names, 1.0 as 1.
void write_canonical(const valijson::adapters::Adapter& value, std::string& out) {
  Effort::schema(1);
  if (value.isString()) {
    out += json::serialize(json::string(value.getString()));
  } else if (value.isInteger()) {
    out += std::to_string(value.getInteger());
  } else if (value.isNumber()) {
    const double number = value.getNumber();
    const bool whole = std::trunc(number) == number && std::abs(number) < 9e18;
    out += whole ? std::to_string(static_cast<std::int64_t>(number)) : json::serialize(json::value(number));
  } else if (value.isBool()) {
    out += value.getBool() ? "true" : "false";
  } else if (value.isArray()) {
    out += '[';
    value.applyToArray([&out](const valijson::adapters::Adapter& item) {
      write_canonical(item, out);
      out += ',';
      return true;
    });
    out += ']';
  } else if (value.isObject()) {
    std::map<std::string, std::string> members;
    value.applyToObject([&members](const std::string& name, const valijson::adapters::Adapter& member) {
      write_canonical(member, members[name]);
      return true;
    });
    out += '{';
    for (const auto& [name, member] : members) out += json::serialize(json::string(name)) + ":" + member + ",";
    out += '}';
  } else {
    out += "null";
  }
}

// In place of the validator's own, which compares every item with every other.
class UniqueConstraint final : public Constraint<UniqueConstraint> {
 public:
  bool validate(const valijson::adapters::Adapter& target, const std::vector<std::string>& context, valijson::ValidationResults* results) const override {
    if (!target.isArray()) return true;
    std::map<std::string, std::size_t> seen;
    std::size_t index = 0;
    std::string fault;
    target.applyToArray([&](const valijson::adapters::Adapter& item) {
      std::string text;
      write_canonical(item, text);
      const auto [first, fresh] = seen.emplace(std::move(text), index);
      if (!fresh) fault = "has the same item twice, at " + std::to_string(first->second) + " and at " + std::to_string(index);
      ++index;
      return fresh;
    });
    if (results && !fault.empty()) results->pushError(context, "unique: " + fault);
    return fault.empty();
  }
};

class EffortBuilder final : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter& value) const override {
    std::vector<std::int64_t> numbers;
    value.applyToArray([&numbers](const valijson::adapters::Adapter& number) {
      numbers.push_back(number.getInteger());
      return true;
    });
    return new EffortConstraint(numbers.at(0), numbers.at(1));
  }
};

class UniqueBuilder final : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const valijson::adapters::Adapter&) const override { return new UniqueConstraint; }
};

// "[name]" as the validator writes steps, "<root>" before the first.
std::vector<std::string> steps_in(const std::vector<std::string>& context) {
  std::vector<std::string> steps;
  for (std::size_t i = 1; i < context.size(); ++i) steps.push_back(context[i].size() >= 2 ? context[i].substr(1, context[i].size() - 2) : context[i]);
  return steps;
}

json::value read_value(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  return json::parse(text, {}, options);
}

}  // namespace

class JsonSchema::Impl {
 public:
  Impl(json::value written, const json::value& tamed) : written_(std::move(written)), text_(json::serialize(written_)) {
    valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
    parser.addConstraintBuilder(effort_member, new EffortBuilder);
    parser.addConstraintBuilder(unique_member, new UniqueBuilder);
    parser.populateSchema(valijson::adapters::BoostJsonAdapter(tamed), schema_);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

  std::optional<SchemaFault> check(std::string_view bytes) const {
    if (bytes.size() > value_bytes_max)
      return SchemaFault{"", "has " + std::to_string(bytes.size()) + " bytes, more than the " + std::to_string(value_bytes_max) + " that are checked against a schema"};
    try {
      const json::value value = read_value(bytes);
      if (fits(value, nullptr)) return std::nullopt;
      return why(value);
    } catch (const EffortSpent& spent) {
      return SchemaFault{"", std::string("cannot be checked: ") + spent.what()};
    } catch (const std::exception& error) {   // what the validator cannot make sense of is not let through
      return SchemaFault{"", std::string("cannot be checked: ") + error.what()};
    }
  }

 private:
  bool fits(const json::value& value, valijson::ValidationResults* results) const {
    const Effort effort;
    valijson::Validator validator{valijson::Validator::kStrongTypes};
    return validator.validate(schema_, valijson::adapters::BoostJsonAdapter(value), results);
  }

  SchemaFault why(const json::value& value) const {
    valijson::ValidationResults results;
    try {
      (void)fits(value, &results);
    } catch (const EnoughFaults&) {
    }
    std::vector<RawFault> faults;
    for (const auto& error : results) faults.push_back({steps_in(error.context), error.description});
    if (faults.empty()) return {"", "is refused by the schema"};
    const Effort effort;
    return explain(faults, written_, value);
  }

  json::value written_;
  std::string text_;
  valijson::Schema schema_{};
};

JsonSchema::JsonSchema(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonSchema::~JsonSchema() = default;

CompiledSchema JsonSchema::compile(std::string_view bytes) {
  CompiledSchema compiled;
  if (const std::string fault = fault_in_json(bytes); !fault.empty()) {
    compiled.errors.push_back({"", "is not valid JSON: " + fault});
    return compiled;
  }
  try {
    json::value written = read_value(bytes);
    Tamed tamed = tame(written);
    compiled.errors = std::move(tamed.errors);
    compiled.warnings = std::move(tamed.warnings);
    if (compiled.errors.empty()) compiled.schema = std::shared_ptr<const JsonSchema>(new JsonSchema(std::make_unique<Impl>(std::move(written), tamed.schema)));
  } catch (const std::exception& error) {
    compiled.errors.push_back({"", std::string("is no schema: ") + error.what()});
  }
  return compiled;
}

std::optional<SchemaFault> JsonSchema::check(std::string_view bytes) const { return impl_->check(bytes); }
const std::string& JsonSchema::text() const { return impl_->text(); }

}  // namespace reeve::handlers
