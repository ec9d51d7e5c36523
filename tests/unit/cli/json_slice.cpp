#include "cli/json_slice.hpp"

#include <catch2/catch.hpp>

#include "cli/json_object.hpp"

using namespace reeve::cli;
using Slices = std::vector<std::string_view>;

TEST_CASE("elements come out byte for byte", "[json]") {
  REQUIRE(elements_of(R"( [ {"a":[1,2]} , "x,]\"" , 30.50,12345678901234567890 ] )") ==
          Slices{R"({"a":[1,2]})", R"("x,]\"")", "30.50", "12345678901234567890"});
  REQUIRE(elements_of("[]").empty());
  REQUIRE(elements_of("[ ]").empty());
  REQUIRE(elements_of("{}").empty());
}

TEST_CASE("a member is found by its name, not by text that looks like it", "[json]") {
  const std::string_view json = R"({"x":"\"next\":1","inner":{"next":2},"next" : 3})";
  REQUIRE(member_of(json, "next") == "3");
  REQUIRE(member_of(json, "inner") == R"({"next":2})");
  REQUIRE_FALSE(member_of(json, "nex").has_value());
  REQUIRE_FALSE(member_of("[1]", "next").has_value());
}

TEST_CASE("an object is written with its texts quoted and its raw values untouched", "[json]") {
  JsonObject object{};
  REQUIRE(object.text() == "{}");
  object.add("a\"b", "c\nd").add("n", std::int64_t{-5}).add("list", std::vector<std::string>{"x", "y"}).add_raw("raw", "30.50");
  REQUIRE(object.text() == R"({"a\"b":"c\nd","n":-5,"list":["x","y"],"raw":30.50})");
}

TEST_CASE("what is not one JSON value is described", "[json]") {
  REQUIRE(fault_in_json("{\"a\":1} ").empty());
  REQUIRE(fault_in_json("5").empty());
  REQUIRE(fault_in_json("\"text\"").empty());
  REQUIRE(fault_in_json(" ") == "there is nothing");
  REQUIRE(fault_in_json("{\"a\":") == "it ends too early");
  REQUIRE_FALSE(fault_in_json("hello").empty());
  REQUIRE_FALSE(fault_in_json("1 2").empty());
}
