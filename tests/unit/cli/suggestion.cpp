#include "cli/suggestion.hpp"

#include <catch2/catch.hpp>

using reeve::cli::nearest;

TEST_CASE("a slip or two are understood, more are not", "[suggestion]") {
  const std::vector<std::string> verbs{"cancel", "list", "status", "logs", "why"};
  REQUIRE(nearest("cancle", verbs) == "cancel");
  REQUIRE(nearest("statsu", verbs) == "status");
  REQUIRE(nearest("log", verbs) == "logs");
  REQUIRE(nearest("frobnicate", verbs).empty());
  REQUIRE(nearest("x", verbs).empty());
  REQUIRE(nearest("", verbs).empty());
}
