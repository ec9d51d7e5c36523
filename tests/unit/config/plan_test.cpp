// What differs between two configurations, and that a bundle is all that it takes to load one again.
#include "config/plan.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "handlers/schema/json_schema.hpp"
#include "tests/unit/config/parsed.hpp"

namespace reeve::config {

using namespace test;
using Catch::Contains;

namespace {

Bundle bundle_of(const std::string& text) { return {{Role::main, "/etc/reeve/reeve.yaml", text}}; }

std::string changes(const std::string& before, const std::string& after) {
  std::string out;
  for (const Change& change : plan_between(bundle_of(before), bundle_of(after)).changes)
    out += change.path + " " + change.before.value_or("-") + " " + change.after.value_or("-") + (change.restart ? " restart" : "") + "\n";
  return out;
}

}  // namespace

TEST_CASE("a plan names every key that differs, and nothing else", "[config][plan]") {
  const std::string before = "handlers:\n  a: {command: [/bin/true], timeout: 5s}\n  b: {command: [/bin/true]}\nqueues: {mail: {concurrency: 2}}\n";
  const std::string after = "queues: {mail: {concurrency: 3}}\nhandlers:\n  c: {command: [/bin/true]}\n  a: {command: [/bin/true], retry: {attempts: 2}}\n";
  CHECK(changes(before, before + "# a remark\n").empty());
  CHECK(changes(before, after) ==
        "handlers.a.retry.attempts - 2\nhandlers.a.timeout \"5s\" -\nhandlers.b.command [\"/bin/true\"] -\nhandlers.c.command - [\"/bin/true\"]\nqueues.mail.concurrency 2 3\n");
  const Plan plan = plan_between(bundle_of(before), bundle_of(after));
  CHECK(plan.added == std::vector<std::string>{"c"});
  CHECK(plan.removed == std::vector<std::string>{"b"});
  CHECK(plan.changed == std::vector<std::string>{"a"});
}

TEST_CASE("keys that are taken up at a start only are marked", "[config][plan]") {
  CHECK(changes("supervisor: {concurrency: 1}\nlog: {level: info, task_output: false}\n", "supervisor: {concurrency: 2, threads: 3}\nlog: {level: debug, task_output: true}\nstore: {url: \"sqlite:x\"}\noutbox: [a.db]\n") ==
        "log.level \"info\" \"debug\" restart\nlog.task_output false true\noutbox - [\"a.db\"] restart\nstore.url - \"sqlite:x\" restart\nsupervisor.concurrency 1 2\nsupervisor.threads - 3 restart\n");
}

TEST_CASE("a bundle loads again when its files are gone", "[config][plan]") {
  const Folder folder;
  const std::string main = folder.write("reeve.yaml", "include: more/*.yaml\nhandlers:\n  a: {command: [/bin/true]}\n");
  folder.write("more/b.yaml", "handlers:\n  b: {command: [/bin/true], payload_schema: b.json}\n");
  folder.write("more/b.json", R"({"type":"object"})");
  const Loaded first = load(main, no_variables);
  REQUIRE(text_of(first.errors) == "");
  REQUIRE(first.sources.size() == 3);
  const auto bundle = bundle_in(to_json(first.sources));
  REQUIRE(bundle);
  std::filesystem::remove_all(folder.path("more"));
  std::filesystem::remove(main);
  const Loaded again = load_bundle(*bundle, no_variables);
  CHECK(text_of(again.errors) == "");
  REQUIRE(again.configuration.handlers.size() == 2);
  CHECK(again.configuration.handlers[1].payload_schema->text() == R"({"type":"object"})");
  CHECK(to_json(again.sources) == to_json(first.sources));
}

TEST_CASE("what is no bundle is none", "[config][plan]") {
  for (const char* text : {"", "5", "{}", R"({"files":[]})", R"({"files":[{"role":"include","name":"a","text":""}]})", R"({"files":[{"role":"main","name":"a"}]})",
                           R"({"files":[{"role":"main","name":"a","text":""},{"role":"main","name":"b","text":""}]})"})
    CHECK_FALSE(bundle_in(text));
}

TEST_CASE("a schema in the file says where it is wrong", "[config][handlers][schema]") {
  const std::string text = "    command: [/bin/true]\n    payload_schema:\n      properties:\n        a:\n          pattern: '('\n";
  CHECK_THAT(errors_of(handler(text)), Contains("/etc/reeve/reeve.yaml:7:11: handlers.h.payload_schema: /properties/a/pattern is no pattern"));
  CHECK_THAT(errors_of(handler("    command: [/bin/true]\n    payload_schema: 5\n")), Contains("does not exist"));
  CHECK_THAT(errors_of(handler("    command: [/bin/true]\n    payload_schema: [a]\n")), Contains("a list was found"));
  CHECK_THAT(errors_of(handler("    command: [/bin/true]\n    payload_schema: {}\n    payload_limit: 5MiB\n")), Contains("payload_limit: at most 4MiB are checked"));
  CHECK_THAT(errors_of(handler("    command: [/bin/true]\n    result: none\n    result_schema: {}\n")), Contains("there is no result with result: none"));
  CHECK_THAT(text_of(read(handler("    command: [/bin/true]\n    payload_schema: {requird: [a]}\n")).warnings), Contains("did you mean 'required'?"));
}

TEST_CASE("an alias stands for one handler", "[config][handlers][alias]") {
  const auto errors = [](const std::string& a, const std::string& b) {
    return errors_of("handlers:\n  a: {command: [/bin/true], aliases: " + a + "}\n  b: {command: [/bin/true], aliases: " + b + "}\n");
  };
  CHECK(errors("[old.a]", "[old.b]").empty());
  CHECK_THAT(errors("[b]", "[]"), Contains("2:3: handlers.a.aliases: the alias b belongs to handlers.b"));
  CHECK_THAT(errors("[x]", "[x]"), Contains("handlers.b.aliases: the alias x belongs to handlers.a"));
  CHECK_THAT(errors("[x, x]", "[]"), Contains("is named twice"));
  CHECK_THAT(errors("[a]", "[]"), Contains("is named twice"));
  CHECK_THAT(errors("['no name']", "[]"), Contains("is not a kind"));
  CHECK_THAT(errors("[reeve.command]", "[]"), Contains("built in"));
}

}  // namespace reeve::config
