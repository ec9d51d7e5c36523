// The public test suite of JSON Schema, draft-07. What is not as the draft says stands below, one by one; whatever else fails is a fault, and so
// is an entry that no longer fails.
#include <catch2/catch.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "handlers/schema/json_schema.hpp"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path suite = "/usr/share/json-schema-test-suite/tests/draft7";

// "file / group" or "file / group / test": why.
const std::map<std::string, std::string> known{
    {"refRemote / remote ref", "outside: nothing is fetched"},
    {"refRemote / fragment within remote ref", "outside: nothing is fetched"},
    {"refRemote / ref within remote ref", "outside: nothing is fetched"},
    {"refRemote / base URI change", "an $id below the whole would turn references elsewhere; refused"},
    {"refRemote / base URI change - change folder", "an $id below the whole would turn references elsewhere; refused"},
    {"refRemote / base URI change - change folder in subschema", "an $id below the whole would turn references elsewhere; refused"},
    {"refRemote / root ref in remote ref", "outside: nothing is fetched"},
    {"definitions / valid definition", "outside: nothing is fetched"},
    {"definitions / invalid definition", "outside: nothing is fetched"},
    {"ref / escaped pointer ref", "references lead to subschemas only, not to unknown members"},
    {"ref / remote ref, containing refs itself", "outside: nothing is fetched"},
    {"ref / Recursive references between schemas", "an $id below the whole would turn references elsewhere; refused"},
};

json::value read(const fs::path& file) {
  std::ifstream stream{file};
  std::stringstream text;
  text << stream.rdbuf();
  return json::parse(text.str());
}

std::string text_in(const json::object& object, const char* name) { return std::string(object.at(name).as_string()); }

}  // namespace

TEST_CASE("the public test suite passes but for what is known", "[schema][suite]") {
  if (!fs::exists(suite)) {
    WARN("the package json-schema-test-suite is not installed; nothing was tried");
    return;
  }
  int passed = 0;
  std::set<std::string> seen;
  const auto judge = [&](const std::string& name, const std::string& group, bool right, const std::string& detail) {
    const auto entry = known.contains(name) ? known.find(name) : known.find(group);
    if (right) return void(++passed);
    if (entry != known.end()) return void(seen.insert(entry->first));
    FAIL_CHECK(name << ": " << detail);
  };
  for (const fs::directory_entry& file : fs::directory_iterator{suite}) {
    if (file.path().extension() != ".json") continue;
    const json::value groups = read(file.path());
    for (const json::value& each : groups.as_array()) {
      const json::object& group = each.as_object();
      const std::string group_name = file.path().stem().string() + " / " + text_in(group, "description");
      const auto compiled = reeve::handlers::JsonSchema::compile(json::serialize(group.at("schema")));
      if (!compiled.schema) {
        judge(group_name, group_name, false, compiled.errors.front().path + " " + compiled.errors.front().message);
        continue;
      }
      for (const json::value& one : group.at("tests").as_array()) {
        const json::object& test = one.as_object();
        const auto fault = compiled.schema->check(json::serialize(test.at("data")));
        judge(group_name + " / " + text_in(test, "description"), group_name, test.at("valid").as_bool() == !fault, fault ? fault->path + " " + fault->message : "let through");
      }
    }
  }
  for (const auto& [name, why] : known)
    if (!seen.contains(name)) FAIL_CHECK(name << " passes now; take it off the list");
  CHECK(passed >= 396);
}
