// What a schema lets through, what it says when it does not, and that neither a schema nor a value can take the process along.
#include <catch2/catch.hpp>

#include <string>
#include <thread>

#include "handlers/schema/json_schema.hpp"

using reeve::handlers::CompiledSchema;
using reeve::handlers::JsonSchema;

namespace {

std::string error_of(const std::string& schema) {
  const CompiledSchema compiled = JsonSchema::compile(schema);
  REQUIRE_FALSE(compiled.schema);
  REQUIRE_FALSE(compiled.errors.empty());
  return compiled.errors.front().path + ": " + compiled.errors.front().message;
}

std::shared_ptr<const JsonSchema> made(const std::string& schema) {
  CompiledSchema compiled = JsonSchema::compile(schema);
  for (const auto& error : compiled.errors) UNSCOPED_INFO(error.path << ": " << error.message);
  REQUIRE(compiled.schema);
  return compiled.schema;
}

// "path: message" of the first fault; empty when the value fits.
std::string fault_in(const std::string& schema, const std::string& value) {
  const auto fault = made(schema)->check(value);
  return fault ? fault->path + ": " + fault->message : std::string{};
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("a fault names the member, what is expected and what was found", "[schema]") {
  const std::string mail = R"({"type":"object","required":["to"],"additionalProperties":false,"properties":{
    "to":{"type":"array","minItems":1,"items":{"type":"string","pattern":"@"}},
    "size":{"type":"integer","minimum":1,"maximum":10},"tone":{"enum":["plain","warm"]},"at":{"format":"date-time"}}})";
  CHECK(fault_in(mail, R"({"to":["a@b"],"size":3,"tone":"warm","at":"2026-01-31T10:00:00Z"})").empty());
  CHECK(fault_in(mail, "[]") == ": must be of type object, but is a list of 0");
  CHECK(fault_in(mail, "{}") == ": lacks the member \"to\"");
  CHECK(fault_in(mail, R"({"to":["a@b"],"cc":1})") == ": has the member \"cc\", which the schema does not allow");
  CHECK(fault_in(mail, R"({"to":["a@b",5]})") == "/to/1: must be of type string, but is the number 5");
  CHECK(fault_in(mail, R"({"to":["a@b","nobody"]})") == "/to/1: must match the pattern @, but is the text \"nobody\"");
  CHECK(fault_in(mail, R"({"to":[]})") == "/to: must have at least 1 items, but is a list of 0");
  CHECK(fault_in(mail, R"({"to":["@"],"size":11})") == "/size: must be at most 10, but is the number 11");
  CHECK(fault_in(mail, R"({"to":["@"],"size":3.5})") == "/size: must be of type integer, but is the number 3.5");
  CHECK(fault_in(mail, R"({"to":["@"],"tone":"cold"})") == R"(/tone: must be one of ["plain","warm"], but is the text "cold")");
  CHECK(fault_in(mail, R"({"to":["@"],"at":"tomorrow"})") == R"(/at: must be a valid date-time, but is the text "tomorrow")");
}

TEST_CASE("of several alternatives none is blamed", "[schema]") {
  CHECK(fault_in(R"({"properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]}}})", R"({"a":[]})") ==
        "/a: fits none of the alternatives of the schema (anyOf); it is a list of 0");
}

TEST_CASE("what a pointer needs escaped is escaped", "[schema]") {
  CHECK(fault_in(R"({"properties":{"a/b~c":{"type":"null"}}})", R"({"a/b~c":1})") == "/a~1b~0c: must be of type null, but is the number 1");
}

TEST_CASE("a schema that cannot be used says where and why", "[schema]") {
  CHECK(error_of("{") .starts_with(": is not valid JSON"));
  CHECK(error_of("5") == ": 5 was found, but a schema is an object, true or false");
  CHECK(error_of(R"({"type":"strin"})").starts_with(": is no schema"));
  CHECK(error_of(R"({"properties":{"a":{"pattern":"("}}})").starts_with("/properties/a/pattern: is no pattern"));
  CHECK(error_of(R"({"patternProperties":{"[":{}}})").starts_with("/patternProperties/[: is no pattern"));
  CHECK(error_of(R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})").starts_with("/$schema: "));
  CHECK(error_of(R"({"prefixItems":[{}]})") == "/prefixItems: is of a later draft than draft-07; write items: [..]");
  CHECK(error_of(R"({"properties":{"a":{"$id":"http://x/"}}})").starts_with("/properties/a/$id: only the whole schema"));
}

TEST_CASE("a schema reaches nothing outside itself", "[schema]") {
  for (const char* target : {"http://example.org/s.json", "https://example.org/s.json#/a", "file:///etc/passwd", "other.json", "/etc/passwd"})
    CHECK(error_of(R"({"properties":{"a":{"$ref":")" + std::string(target) + "\"}}}").find("is outside this schema; nothing is fetched") != std::string::npos);
  CHECK(error_of(R"({"$ref":"#/definitions/none"})").find("points to no schema") != std::string::npos);
}

TEST_CASE("a reference may go round as long as it moves on in the value", "[schema]") {
  const std::string tree = R"({"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#"}}}})";
  CHECK(fault_in(tree, R"({"children":[{"children":[]},{}]})").empty());
  CHECK(fault_in(tree, R"({"children":[{"children":[7]}]})") == "/children/0/children/0: must be of type object, but is the number 7");
  const std::string endless = "refers to itself without moving on";
  CHECK(error_of(R"({"$ref":"#"})").find(endless) != std::string::npos);
  CHECK(error_of(R"({"allOf":[{"$ref":"#"}]})").find(endless) != std::string::npos);
  CHECK(error_of(R"({"$ref":"#/definitions/a","definitions":{"a":{"not":{"$ref":"#/definitions/b"}},"b":{"if":{"$ref":"#/definitions/a"}}}})").find(endless) != std::string::npos);
}

TEST_CASE("misspelt members of a schema are noticed", "[schema]") {
  const CompiledSchema compiled = JsonSchema::compile(R"({"requird":["a"],"x-ui":{},"properties":{"m":{"format":"email"}}})");
  REQUIRE(compiled.schema);
  REQUIRE(compiled.warnings.size() == 2);
  CHECK(compiled.warnings[0].path == "/requird");
  CHECK(compiled.warnings[0].message == "means nothing in a schema; did you mean 'required'?");
  CHECK(compiled.warnings[1].path == "/properties/m/format");
}

TEST_CASE("a pattern that runs away ends as a fault, not as a hang", "[schema][hostile]") {
  const std::string evil = R"({"type":"string","pattern":"^(a+)+$"})";
  CHECK(fault_in(evil, "\"aaaa\"").empty());
  CHECK(fault_in(evil, "\"" + repeated("a", 5'000) + "!\"").find("takes too much work") != std::string::npos);
  // Each of them just within what one may take.
  CHECK(fault_in(R"({"items":{"anyOf":[{"pattern":"^(a|b|ab)*c$"},true]}})", "[" + repeated("\"ababababababababababab\",", 20'000) + "1]").find("takes too much work") != std::string::npos);
}

TEST_CASE("a long text does not exhaust the stack of a pattern", "[schema][hostile]") {
  const std::string text = "\"" + repeated("x", 1'000'000) + "\"";
  CHECK(fault_in(R"({"pattern":"^.*$"})", text).empty());
  CHECK(fault_in(R"({"pattern":"^(x|y)*$"})", text).size() != 1);   // whatever it says, it says it
  CHECK(fault_in(R"({"format":"date"})", "\"" + repeated("1", 1'000'000) + "\"").size() > 1);
}

TEST_CASE("many items are told apart without comparing each with each", "[schema][hostile]") {
  std::string list = "[";
  for (int i = 0; i < 100'000; ++i) list += std::to_string(i) + ",";
  CHECK(fault_in(R"({"uniqueItems":true})", list + "-1]").empty());
  CHECK(fault_in(R"({"uniqueItems":true})", list + "5.0]") == ": has the same item twice, at 5 and at 100000");
  CHECK(fault_in(R"({"uniqueItems":true})", R"([{"a":1,"b":[2]},{"b":[2],"a":1}])") == ": has the same item twice, at 0 and at 1");
  CHECK(fault_in(R"({"uniqueItems":true})", R"([1,"1",true,"true",null,"null",[],{}])").empty());
}

TEST_CASE("alternatives that multiply with the depth of a value are given up", "[schema][hostile]") {
  const std::string schema = R"({"properties":{"a":{"anyOf":[{"allOf":[{"$ref":"#"},false]},{"$ref":"#"}]}}})";
  const std::string deep = repeated("{\"a\":", 30) + "1" + repeated("}", 30);
  CHECK(fault_in(schema, deep).find("takes too much work") != std::string::npos);
}

TEST_CASE("a hundred thousand faults are not collected", "[schema][hostile]") {
  CHECK(fault_in(R"({"items":false})", "[" + repeated("1,", 100'000) + "1]").starts_with("/0: "));
}

TEST_CASE("schemas themselves are bounded", "[schema][hostile]") {
  std::string many = R"({"properties":{)";
  for (int i = 0; i < 600; ++i) many += "\"p" + std::to_string(i) + "\":{},";
  CHECK(error_of(many + "\"last\":{}}}").find("more than 500 subschemas") != std::string::npos);
  std::string chain = R"({"definitions":{)";
  for (int i = 0; i < 20; ++i) chain += "\"d" + std::to_string(i) + R"(":{"allOf":[{"$ref":"#/definitions/d)" + std::to_string(i + 1) + "\"}]},";
  CHECK(error_of(chain + "\"d20\":{}}}").find("lie one in the other") != std::string::npos);
  CHECK(error_of(repeated("{\"not\":", 40) + "{}" + repeated("}", 40)).find("nested deeper than 32") != std::string::npos);
}

TEST_CASE("a chain of references as long as allowed is read on an ordinary stack", "[schema][hostile]") {
  std::string schema = R"({"$ref":"#/definitions/d0","definitions":{)";
  for (int i = 0; i < 240; ++i) schema += "\"d" + std::to_string(i) + R"(":{"items":{"$ref":"#/definitions/d)" + std::to_string(i + 1) + "\"}},";
  schema += R"("d240":{"type":"null"}}})";
  CHECK(fault_in(schema, "[[null]]").empty());
}

TEST_CASE("a value larger than what is checked is refused", "[schema]") {
  CHECK(fault_in("{}", "\"" + std::string(JsonSchema::value_bytes_max, 'x') + "\"").find("more than the") != std::string::npos);
}

TEST_CASE("several threads may check at once", "[schema]") {
  const auto schema = made(R"({"items":{"pattern":"^[a-z]+$"}})");
  int good = 0;
  std::thread other([&] {
    for (int i = 0; i < 200; ++i) good += schema->check(R"(["abc","def"])") ? 0 : 1;
  });
  for (int i = 0; i < 200; ++i) CHECK(schema->check(R"(["abc","DEF"])"));
  other.join();
  CHECK(good == 200);
}
