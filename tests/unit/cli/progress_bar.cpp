#include "cli/progress_bar.hpp"

#include <catch2/catch.hpp>
#include <limits>

#include "cli/text_safety.hpp"

using namespace reeve::cli;

TEST_CASE("a progress line shows bar, share, counts and label", "[progress]") {
  REQUIRE(progress_line({50, 20, 40, "encoding"}, 80) == "[############............]  50% 20/40 encoding");
  REQUIRE(progress_line({0, {}, {}, ""}, 80) == "[........................]   0%");
  REQUIRE(progress_line({100, {}, {}, ""}, 80) == "[########################] 100%");
}

TEST_CASE("a task is not shown as done before it is", "[progress]") {
  REQUIRE(progress_line({99.9, {}, {}, ""}, 80).find(" 99%") != std::string::npos);
}

TEST_CASE("a progress line keeps to its width and to one line, whatever the handler says", "[progress][security]") {
  const std::string line = progress_line({50, 1e300, -0.25, "a\nb\x1b[2J" + std::string(500, 'x')}, 60);
  REQUIRE(columns_of(line) <= 60);
  REQUIRE(line.find('\n') == std::string::npos);
  REQUIRE(line.find('\x1b') == std::string::npos);
  REQUIRE(progress_line({std::numeric_limits<double>::quiet_NaN(), {}, {}, ""}, 80).find("  0%") != std::string::npos);
  REQUIRE(progress_line({1e9, {}, {}, ""}, 80).find("100%") != std::string::npos);
}

TEST_CASE("numbers carry no needless digits", "[progress]") {
  REQUIRE(plain_number(12) == "12");
  REQUIRE(plain_number(0.5) == "0.5");
  REQUIRE(plain_number(-3) == "-3");
}
