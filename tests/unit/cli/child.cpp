#include "cli/child.hpp"

#include <catch2/catch.hpp>

namespace reeve::cli {
namespace {

TEST_CASE("a child's stdout is kept, its exit code told", "[cli]") {
  const ChildEnd good = run_child({"sh", "-c", "printf 'a\\nb'"});
  CHECK(good.exit_code == 0);
  CHECK(good.output == "a\nb");
  CHECK(run_child({"/bin/sh", "-c", "exit 3"}).exit_code == 3);
  CHECK(run_child({"sh", "-c", "kill -9 $$"}).exit_code == 137);
}

TEST_CASE("much output does not block a child", "[cli]") {
  CHECK(run_child({"sh", "-c", "head -c 3000000 /dev/zero"}).output.size() == 3'000'000);
}

TEST_CASE("a command that is not there is 127 and says so", "[cli]") {
  const ChildEnd end = run_child({"/nowhere/command"});
  CHECK(end.exit_code == 127);
  CHECK(end.fault.find("/nowhere/command") != std::string::npos);
}

}  // namespace
}  // namespace reeve::cli
