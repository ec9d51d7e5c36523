#include "config/schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "config/sections.hpp"

namespace reeve::config {

namespace {

namespace json = boost::json;

void print(const json::value& value, std::size_t indent, std::string& out);

void print_object(const json::object& object, std::size_t indent, std::string& out) {
  const std::string space(indent + 2, ' ');
  out += "{";
  const char* before = "\n";
  for (const auto& [key, entry] : object) {
    out += before + space + json::serialize(json::string{key}) + ": ";
    print(entry, indent + 2, out);
    before = ",\n";
  }
  out += "\n" + std::string(indent, ' ') + "}";
}

void print_array(const json::array& array, std::size_t indent, std::string& out) {
  const char* before = "";
  out += "[";
  for (const json::value& item : array) {
    out += before;
    print(item, indent, out);
    before = ", ";
  }
  out += "]";
}

// Numbers as people write them: Boost.JSON prints 0.1 as 1E-1.
void print(const json::value& value, std::size_t indent, std::string& out) {
  if (value.is_object()) print_object(value.as_object(), indent, out);
  else if (value.is_array()) print_array(value.as_array(), indent, out);
  else if (value.is_double()) out += json_default(value.as_double());
  else out += json::serialize(value);
}

}  // namespace

std::string schema_json() {
  const std::string sections = with_member(section_schema(file_table()), "title", json_quoted("reeve configuration"));
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
  const json::value parsed = json::parse(sections);
  for (const auto& [key, value] : parsed.as_object()) schema.insert_or_assign(key, value);
  std::string out;
  print(schema, 0, out);
  return out + "\n";
}

}  // namespace reeve::config
