#include "cli/table.hpp"

#include <catch2/catch.hpp>
#include <sstream>

using namespace reeve::cli;

namespace {

Table sample() {
  Table table({{"ID", true, false}, {"KIND", false, true}, {"CREATED", false, false}});
  table.add({{"7", Tone::plain, {}}, {"report.generate", Tone::plain, {}}, {"3m ago", Tone::plain, "2026-11-20T20:31:00.000Z"}});
  table.add({{"1234", Tone::plain, {}}, {"a\tb\n", Tone::bad, {}}, {"1h ago", Tone::plain, "2026-11-20T19:31:00.000Z"}});
  return table;
}

std::string printed(const Table& table, Paper paper) {
  std::ostringstream out{};
  table.print(out, paper);
  return out.str();
}

}  // namespace

TEST_CASE("on a terminal a table is aligned and has a heading", "[table]") {
  REQUIRE(printed(sample(), {true, 80, false}) ==
          "  ID  KIND             CREATED\n"
          "   7  report.generate  3m ago\n"
          "1234  a\\tb\\n           1h ago\n");
}

TEST_CASE("for programs a table is tab-separated, exact, and has no heading", "[table]") {
  REQUIRE(printed(sample(), {}) ==
          "7\treport.generate\t2026-11-20T20:31:00.000Z\n"
          "1234\ta\\tb\\n\t2026-11-20T19:31:00.000Z\n");
}

TEST_CASE("a table that is too wide takes the room from the columns that give way", "[table]") {
  REQUIRE(printed(sample(), {true, 24, false}) ==
          "  ID  KIND       CREATED\n"
          "   7  report.g…  3m ago\n"
          "1234  a\\tb\\n     1h ago\n");
}

TEST_CASE("colour is written only where it is wanted", "[table]") {
  REQUIRE(printed(sample(), {true, 80, true}).find("\x1b[31ma\\tb\\n") != std::string::npos);
  REQUIRE(printed(sample(), {false, 80, true}).find('\x1b') == std::string::npos);
}

TEST_CASE("missing cells are empty", "[table]") {
  Table table({{"A"}, {"B"}});
  table.add({{"1"}});
  REQUIRE(printed(table, {}) == "1\t\n");
}
