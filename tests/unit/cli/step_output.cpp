#include "cli/step_output.hpp"

#include <catch2/catch.hpp>

#include "cli/selector.hpp"

namespace reeve::cli {
namespace {

TEST_CASE("JSON that a step printed is kept as JSON", "[cli]") {
  CHECK(step_output_of("{\"a\": [1]}\n") == "{\"a\": [1]}");
  CHECK(step_output_of(" [1,\n 2] \n\n") == "[1,\n 2]");
  CHECK(step_output_of("42\n") == "42");
  CHECK(step_output_of("null\n") == "null");
}

TEST_CASE("everything else a step printed is text", "[cli]") {
  CHECK(step_output_of("a.bin\n") == R"("a.bin\n")");
  CHECK(step_output_of("") == R"("")");
  CHECK(step_output_of("042\n") == R"("042\n")");
  CHECK(step_output_of("\"quoted\"\n") == R"("\"quoted\"\n")");
  CHECK(step_output_of("{} {}\n") == R"("{} {}\n")");
  CHECK_THROWS_AS(step_output_of("\xff\xfe"), UsageError);
}

TEST_CASE("a replay prints what the first run printed", "[cli]") {
  for (const char* printed : {"a.bin\n", "no newline", "", "\"quoted\"\n", "{\"a\":1}\n", "12.50\n", "two\nlines\n", "\xC3\xA9\t\n"})
    CHECK(printed_of(step_output_of(printed)) == printed);
}

}  // namespace
}  // namespace reeve::cli
