#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "api/json/reader.hpp"

using namespace reeve;
using api::check_json;

namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("JSON is checked strictly", "[json]") {
  for (const char* good : {"null", "{}", "[]", "0", "-1.5e3", "\"\\u00e9\\ud83d\\ude00\"", " {\"a\":[1,{\"b\":null}]} ", "true"}) {
    INFO(good);
    CHECK_FALSE(check_json(good));
  }
  for (const char* bad : {"", " ", "{", "[1,]", "{\"a\":1,}", "nul", "01", "+1", "'a'", "{a:1}", "1 2", "[1] x", "\"\n\"", "\"\\ud800\"", "\"\xff\"",
                          "NaN", "// c\n1", "\"a", "{\"a\" 1}", "\xEF\xBB\xBF{}"}) {
    INFO(bad);
    CHECK(check_json(bad));
  }
}

TEST_CASE("a key twice in one object is refused wherever it is", "[json]") {
  CHECK(check_json(R"({"kind":"a","kind":"b"})")->message.find("\"kind\" appears twice") != std::string::npos);
  CHECK(check_json(R"({"a":{"x":1,"\u0078":2}})"));
  CHECK(check_json(R"([{"":1,"":2}])"));
  CHECK_FALSE(check_json(R"({"a":{"a":{"a":1}},"b":{"a":1}})"));
}

TEST_CASE("nesting deeper than the limit is refused at once", "[json]") {
  CHECK_FALSE(check_json(nested(api::json_depth_max)));
  CHECK(check_json(nested(api::json_depth_max + 1)));
  const auto fault = check_json(std::string(1'000'000, '['));
  REQUIRE(fault);
  CHECK(fault->offset < 100);
}

TEST_CASE("a text may be checked in pieces cut anywhere", "[json]") {
  const std::string text = R"({"payload":{"é":[1.25,"\u00e9\n",true,null]},"kind":"x"})";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    api::JsonCheck check;
    check.take(std::string_view(text).substr(0, cut));
    check.take(std::string_view(text).substr(cut));
    CHECK_FALSE(check.finish());
  }
  for (std::size_t cut = 0; cut < text.size(); ++cut) CHECK(check_json(text.substr(0, cut)));
}

TEST_CASE("a repeated key is found across pieces", "[json]") {
  const std::string text = R"({"payload":1,"kind":2,"payload":3})";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    api::JsonCheck check;
    check.take(std::string_view(text).substr(0, cut));
    check.take(std::string_view(text).substr(cut));
    CHECK(check.finish());
  }
}

TEST_CASE("many keys take time in line with their number", "[json]") {
  const auto object = [](int keys) {
    std::string text = "{";
    for (int i = 0; i < keys; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
    return text + "}";
  };
  const auto time = [](const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    REQUIRE_FALSE(check_json(text));
    return std::chrono::steady_clock::now() - start;
  };
  const std::string small = object(10'000), large = object(100'000);
  const auto base = std::max<std::chrono::nanoseconds>(time(small), std::chrono::milliseconds{1});
  CHECK(time(large) < base * 60);
}

TEST_CASE("values are cut out exactly as they were sent", "[json]") {
  const std::string text = " { \"a\" : { \"x\" : [ 1 , 2 ] } , \"b\":\"}\\\"],\" , \"c\\n\" : -1.50e1 ,\"d\":[],\"e\":null } ";
  REQUIRE_FALSE(check_json(text));
  const auto members = api::members_of(text);
  REQUIRE(members.size() == 5);
  CHECK(members[0].key == "a");
  CHECK(members[0].value == "{ \"x\" : [ 1 , 2 ] }");
  CHECK(members[1].value == "\"}\\\"],\"");
  CHECK(api::string_of(members[1].value) == "}\"],");
  CHECK(members[2].key == "c\n");
  CHECK(members[2].value == "-1.50e1");
  CHECK(members[3].value == "[]");
  CHECK(api::type_of(members[4].value) == api::JsonType::null);
  CHECK(api::members_of("{}").empty());
}

TEST_CASE("items of an array are cut out one by one", "[json]") {
  const std::vector<std::string_view> expected{"1", "[2,3]", "{\"a\":[4]}", "\"x,]\"", "null"};
  CHECK(api::items_of(" [1, [2,3] ,{\"a\":[4]},\"x,]\",null ] ") == expected);
  CHECK(api::items_of("[]").empty());
  CHECK(api::items_of("[ ]").empty());
}

TEST_CASE("whole numbers are whole and in range", "[json]") {
  CHECK(api::integer_of("42") == 42);
  CHECK_FALSE(api::integer_of("1.0"));
  CHECK_FALSE(api::integer_of("1e3"));
  CHECK_FALSE(api::integer_of("99999999999999999999"));
}
