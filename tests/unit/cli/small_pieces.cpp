#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <sstream>

#include "cli/base64.hpp"
#include "cli/command_result.hpp"
#include "cli/compose/identity.hpp"
#include "cli/compose/watchdog.hpp"
#include "cli/problem.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "cli/waiting.hpp"

using namespace reeve::cli;

namespace {

Environment variables(std::map<std::string, std::string> values) {
  return [values](const std::string& name) { return values.count(name) ? std::optional(values.at(name)) : std::nullopt; };
}

int code_of(const char* json) { return exit_code_of_command(parse_object(json)); }

}  // namespace

TEST_CASE("base64 is read back to bytes", "[base64]") {
  REQUIRE(from_base64("") == "");
  REQUIRE(from_base64("Zg==") == "f");
  REQUIRE(from_base64("Zm8=") == "fo");
  REQUIRE(from_base64("//79AA==") == std::string("\xff\xfe\xfd\0", 4));
  REQUIRE_FALSE(from_base64("Zg="));
  REQUIRE_FALSE(from_base64("Z!=="));
}

TEST_CASE("colour is for terminals whose user did not refuse it", "[terminal]") {
  REQUIRE(wants_colour(variables({}), ColourChoice::automatic, true));
  REQUIRE_FALSE(wants_colour(variables({}), ColourChoice::automatic, false));
  REQUIRE_FALSE(wants_colour(variables({{"NO_COLOR", "1"}}), ColourChoice::automatic, true));
  REQUIRE(wants_colour(variables({{"NO_COLOR", ""}}), ColourChoice::automatic, true));
  REQUIRE_FALSE(wants_colour(variables({{"TERM", "dumb"}}), ColourChoice::automatic, true));
  REQUIRE(wants_colour(variables({{"NO_COLOR", "1"}}), ColourChoice::always, false));
}

TEST_CASE("run exits as its command did", "[run]") {
  REQUIRE(code_of(R"({"status":"succeeded"})") == 0);
  REQUIRE(code_of(R"({"status":"failed","error":{"code":"exit","exit_code":42}})") == 42);
  REQUIRE(code_of(R"({"status":"failed","error":{"code":"signal","signal":9}})") == 137);
  REQUIRE(code_of(R"({"status":"failed","error":{"code":"timeout"}})") == 124);
  REQUIRE(code_of(R"({"status":"failed","error":{"code":"spawn_failed"}})") == 127);
  REQUIRE(code_of(R"({"status":"cancelled"})") == 130);
  REQUIRE(code_of(R"({"status":"failed","error":{"code":"exit","exit_code":0}})") == 1);
  REQUIRE(code_of(R"({"status":"failed"})") == 1);
}

TEST_CASE("a problem becomes a sentence with item and field", "[problem]") {
  const Problem problem(422, R"({"status":422,"code":"invalid_value","detail":"12 is not a priority; write 0 to 9","field":"priority","item":17})");
  REQUIRE(std::string(problem.what()) == "item 17: 12 is not a priority; write 0 to 9");
  REQUIRE(problem.code() == "invalid_value");
  REQUIRE(problem.exit_code() == 1);
  REQUIRE(Problem(404, R"({"detail":"no task 17"})").exit_code() == 3);
  REQUIRE(Problem(400, "").exit_code() == 2);
}

TEST_CASE("an answer that is no problem document still makes a safe sentence", "[problem][security]") {
  REQUIRE(sentence_of_problem(502, "<html>") == "the daemon answered with status 502");
  REQUIRE(sentence_of_problem(409, "{\"detail\":\"a\\u001b[31mb\"}") == "a\\x1b[31mb");
}

TEST_CASE("a store keeps its id however its path is written, and two stores differ", "[identity]") {
  using reeve::cli::compose::id_of_store;
  REQUIRE(id_of_store("sqlite:/tmp/a/../x.db") == id_of_store("sqlite:/tmp/x.db"));
  REQUIRE(id_of_store("sqlite:/tmp/x.db") != id_of_store("sqlite:/tmp/y.db"));
  REQUIRE(id_of_store("sqlite:/tmp/x.db").size() == 16);
}

TEST_CASE("every incarnation has an id of its own", "[identity]") {
  const std::string one = reeve::cli::compose::make_incarnation();
  REQUIRE(one.size() == 32);
  REQUIRE(one != reeve::cli::compose::make_incarnation());
}

TEST_CASE("the service watchdog hears nothing when the store thread hangs on its work", "[watchdog]") {
  using reeve::cli::compose::works;
  REQUIRE(works({0, 5}, {0, 5}));        // idle
  REQUIRE(works({0, 5}, {3, 5}));        // work has just come
  REQUIRE(works({3, 5}, {3, 6}));        // busy, and it goes on
  REQUIRE_FALSE(works({3, 5}, {4, 5}));  // the same work in hand since the last look
}

TEST_CASE("patience begins when the daemon goes away, not when it was first asked", "[waiting]") {
  std::istringstream in{};
  std::ostringstream out{}, err{};
  Session session({in, out, err}, {}, {}, variables({}));
  int tries = 0;
  patiently(session, std::chrono::milliseconds{500}, [&tries] {
    if (++tries > 1) return;
    const auto asked = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - asked < std::chrono::milliseconds{1'100}) {}  // longer than the patience
    throw reeve::api::Unreachable("it was killed");
  });
  REQUIRE(tries == 2);
  REQUIRE(err.str() == "the daemon went away; waiting for it to come back\n");
  REQUIRE_THROWS_AS(patiently(session, std::chrono::milliseconds{0}, [] { throw reeve::api::Unreachable("nobody"); }), reeve::api::Unreachable);
}
