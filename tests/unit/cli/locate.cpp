#include "cli/compose/locate.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace reeve::cli;
using namespace reeve::cli::compose;

namespace {

Surroundings user(std::map<std::string, std::string> variables, std::set<std::string> files = {}) {
  const auto get = [variables](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
  return {get, false, [files](const std::string& path) { return files.count(path) > 0; }};
}

Surroundings root(std::map<std::string, std::string> variables, std::set<std::string> files = {}) {
  Surroundings around = user(std::move(variables), std::move(files));
  around.root = true;
  return around;
}

std::string socket_of(const Choices& choices, const Surroundings& around, std::optional<std::string> in_file = "") {
  return find_socket(choices, around, [&](const std::string&) { return in_file; }).path;
}

}  // namespace

TEST_CASE("a user's things are in the user's folders", "[locate]") {
  const auto around = user({{"HOME", "/home/ann"}, {"XDG_RUNTIME_DIR", "/run/user/1000"}});
  REQUIRE(default_socket(around) == "/run/user/1000/reeve/reeve.sock");
  REQUIRE(default_store(around) == "/home/ann/.local/state/reeve/reeve.db");
  REQUIRE(default_store(user({{"HOME", "/h"}, {"XDG_STATE_HOME", "/s"}})) == "/s/reeve/reeve.db");
}

TEST_CASE("without a runtime directory the socket is in the state folder, never in /tmp", "[locate][security]") {
  REQUIRE(default_socket(user({{"HOME", "/home/ann"}})) == "/home/ann/.local/state/reeve/reeve.sock");
}

TEST_CASE("root's things are in the system's folders, whatever the XDG variables say", "[locate]") {
  const auto around = root({{"HOME", "/root"}, {"XDG_RUNTIME_DIR", "/run/user/0"}, {"XDG_STATE_HOME", "/s"}});
  REQUIRE(default_socket(around) == "/run/reeve/reeve.sock");
  REQUIRE(default_store(around) == "/var/lib/reeve/reeve.db");
}

TEST_CASE("the configuration file is the one named, else the usual one if it exists", "[locate]") {
  const auto around = user({{"HOME", "/h"}}, {"/h/.config/reeve/reeve.yaml"});
  REQUIRE(config_file({.config = "mine.yaml"}, around) == "mine.yaml");
  REQUIRE(config_file({}, around) == "/h/.config/reeve/reeve.yaml");
  REQUIRE(config_file({}, user({{"HOME", "/h"}})).empty());
  REQUIRE(config_file({}, user({{"REEVE_CONFIG", "/e.yaml"}, {"HOME", "/h"}})) == "/e.yaml");
  REQUIRE(config_file({}, root({}, {"/etc/reeve/reeve.yaml"})) == "/etc/reeve/reeve.yaml");
  REQUIRE(config_file({}, user({})).empty());
}

TEST_CASE("the socket is the one named first: option, variable, file, default", "[locate]") {
  const auto around = user({{"HOME", "/h"}, {"REEVE_SOCKET", "/env.sock"}, {"REEVE_CONFIG", "/e.yaml"}});
  REQUIRE(socket_of({.socket = "/option.sock"}, around) == "/option.sock");
  REQUIRE(socket_of({}, around) == "/env.sock");
  REQUIRE(socket_of({.config = "a.yaml"}, user({{"HOME", "/h"}}), "/file.sock") == "/file.sock");
  REQUIRE(socket_of({.config = "a.yaml"}, user({{"HOME", "/h"}}), "") == "/h/.local/state/reeve/reeve.sock");
}

TEST_CASE("a configuration file with errors does not keep the CLI from the daemon", "[locate]") {
  const FoundSocket found = find_socket({.config = "bad.yaml"}, user({{"HOME", "/h"}}), [](const std::string&) { return std::nullopt; });
  REQUIRE(found.path == "/h/.local/state/reeve/reeve.sock");
  REQUIRE(found.remark.find("bad.yaml") != std::string::npos);
}

TEST_CASE("relative XDG folders are ignored", "[locate]") {
  REQUIRE(default_socket(user({{"HOME", "/h"}, {"XDG_RUNTIME_DIR", "run"}})) == "/h/.local/state/reeve/reeve.sock");
}

TEST_CASE("with no folder at all it is said which variables are missing", "[locate]") {
  REQUIRE_THROWS_WITH(default_store(user({})), Catch::Contains("HOME"));
}
