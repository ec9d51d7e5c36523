#include "handlers/handler.hpp"

#include <catch2/catch.hpp>

#include "handlers/nearest.hpp"
#include "handlers/prepare.hpp"
#include "executors/utf8.hpp"
#include "tests/unit/handlers/make.hpp"

namespace reeve::handlers {

using namespace test;

TEST_CASE("handlers are found by kind and listed in its order", "[handlers]") {
  const Handlers handlers{{make_handler("zebra"), make_handler("apple"), make_handler("mango")}, {Queue{.name = "mail", .concurrency = 4}, Queue{.name = "bulk", .concurrency = 1}}};
  CHECK(handlers.find("apple")->kind == "apple");
  CHECK(handlers.find("zebra")->kind == "zebra");
  CHECK(handlers.find("appl") == nullptr);
  CHECK(handlers.find("") == nullptr);
  REQUIRE(handlers.all().size() == 4);
  for (std::size_t i = 1; i < handlers.all().size(); ++i) CHECK(handlers.all()[i - 1].kind < handlers.all()[i].kind);
  CHECK(handlers.find_queue("mail")->concurrency == 4);
  CHECK(handlers.find_queue("post") == nullptr);
  CHECK(handlers.queues().front().name == "bulk");
}

TEST_CASE("the kind of ad-hoc commands is always declared", "[handlers]") {
  const Handlers none;
  REQUIRE(none.find(command_kind));
  CHECK(none.find(command_kind)->executor == "process");
  REQUIRE(none.find(command_kind)->process);
  CHECK(none.find(command_kind)->process->command.empty());
  CHECK(none.find(command_kind)->process->env.at("PATH") == default_path);
  CHECK(none.find(command_kind)->retry.attempts == 1);
}

TEST_CASE("a declaration of the command kind replaces the built-in one", "[handlers]") {
  Handler own = make_handler(std::string{command_kind});
  own.queue = "shell";
  const Handlers handlers{{own}, {}};
  CHECK(handlers.all().size() == 1);
  CHECK(handlers.find(command_kind)->queue == "shell");
}

TEST_CASE("a misspelt kind is recognised, another word is not", "[handlers]") {
  const Handlers handlers{{make_handler("report.generate"), make_handler("image.resize"), make_handler("mail")}, {}};
  CHECK(handlers.suggestion("report.genrate") == "report.generate");
  CHECK(handlers.suggestion("Report.Generate") == "report.generate");
  CHECK(handlers.suggestion("iamge.resize") == "image.resize");
  CHECK(handlers.suggestion("mial") == "mail");
  CHECK(handlers.suggestion("thumbnail").empty());
  CHECK(handlers.suggestion("").empty());
  CHECK(handlers.suggestion(std::string(100'000, 'x')).empty());
}

TEST_CASE("the distance of words counts edits and swaps", "[handlers]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ab", "ba") == 1);
  CHECK(edit_distance("same", "same") == 0);
  CHECK(edit_distance("timeout", "tiemout") == 1);
}

TEST_CASE("an attempt is handed everything its task and handler say", "[prepare]") {
  Handler handler = make_handler("report");
  handler.stop_grace = 3s;
  store::Task task = make_task(2, 5);
  task.payload = "{\"n\":1}";
  task.metadata = "{\"m\":2}";
  task.labels = {{"team", "a"}};
  task.traceparent = "00-x";
  task.queue = "mail";
  const auto execution = prepare(handler, task);
  CHECK(execution.task == 7);
  CHECK(execution.epoch == 12);
  CHECK(execution.attempt == 2);
  CHECK(execution.max_attempts == 5);
  CHECK(execution.kind == "report");
  CHECK(execution.queue == "mail");
  CHECK(execution.labels == task.labels);
  CHECK(execution.metadata == "{\"m\":2}");
  CHECK(execution.traceparent == "00-x");
  CHECK(execution.payload == "{\"n\":1}");
  CHECK(execution.stop_grace == 3s);
  CHECK(execution.process == handler.process);
  CHECK(execution.builtin == nullptr);
  CHECK(task.payload.empty());
}

TEST_CASE("a command without a payload reads end of file", "[prepare]") {
  const Handlers handlers;
  const Handler& command = *handlers.find(command_kind);
  store::Task task = make_task(1, 1);
  task.payload = "null";
  CHECK(prepare(command, task).process->payload == executors::PayloadBy::none);
  task.payload = "[1]";
  CHECK(prepare(command, task).process->payload == executors::PayloadBy::stdin_);
  task.payload = "null";
  CHECK(prepare(make_handler("report"), task).process->payload == executors::PayloadBy::stdin_);
}

TEST_CASE("UTF-8 is what the Unicode standard says it is", "[utf8]") {
  for (const char* good : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) CHECK(executors::is_utf8(good));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xE2\x82", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xC3"})
    CHECK_FALSE(executors::is_utf8(bad));
}

}  // namespace reeve::handlers
