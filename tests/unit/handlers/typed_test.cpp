// Where schemas bite: at the door, before a start, at completion.
#include "handlers/typed.hpp"

#include <catch2/catch.hpp>

#include "handlers/admit.hpp"
#include "handlers/schema/json_schema.hpp"
#include "tests/unit/handlers/make.hpp"

namespace reeve::handlers {

using namespace test;

namespace {

std::shared_ptr<const JsonSchema> schema(const std::string& json) {
  auto compiled = JsonSchema::compile(json);
  REQUIRE(compiled.schema);
  return compiled.schema;
}

Handler typed() {
  Handler handler;
  handler.kind = "report";
  handler.payload_schema = schema(R"({"type":"object","properties":{"n":{"type":"integer"}}})");
  handler.labels_schema = schema(R"({"required":["team"]})");
  handler.result_schema = schema(R"({"type":["object","null"]})");
  return handler;
}

Refusal refusal_of(Wish wish) {
  const Handlers handlers{{typed()}, {}};
  auto admitted = admit(handlers, std::move(wish), now);
  REQUIRE(std::holds_alternative<Refusal>(admitted));
  return std::get<Refusal>(admitted);
}

}  // namespace

TEST_CASE("a payload that is not of its type is not admitted", "[typed]") {
  const Refusal refusal = refusal_of({.kind = "report", .payload = R"({"n":1.5})", .labels = {{"team", "a"}}});
  CHECK(refusal.code == "invalid_payload");
  CHECK(refusal.field == "payload/n");
  CHECK(refusal.message == "the payload of kind \"report\" at /n must be of type integer, but is the number 1.5 (payload_schema of the handler)");
}

TEST_CASE("labels are checked together with those of the handler", "[typed]") {
  CHECK(refusal_of({.kind = "report", .payload = "{}"}).code == "invalid_labels");
  Handler handler = typed();
  handler.labels = {{"team", "reports"}};
  const Handlers handlers{{handler}, {}};
  CHECK(std::holds_alternative<store::NewTask>(admit(handlers, {.kind = "report", .payload = "{}"}, now)));
}

TEST_CASE("a task that came past the door is not started and not tried again", "[typed]") {
  store::Task task = make_task(1, 5);
  task.payload = "[]";
  task.labels = {{"team", "a"}};
  const auto finish = refused_before_start(typed(), task);
  REQUIRE(finish);
  CHECK(finish->outcome == store::Outcome::invalid);
  CHECK(std::holds_alternative<store::Fail>(finish->next));
  CHECK(finish->claim == store::ClaimKey{task.id, task.epoch});
  CHECK(finish->error->code == "invalid_payload");
  const std::string said = R"x({"path":"","message":"the payload of kind \"report\" must be of type object, but is a list of 0 (payload_schema of the handler)"})x";
  CHECK(finish->error->detail == said);
  task.payload = "{}";
  CHECK_FALSE(refused_before_start(typed(), task));
  task.labels.clear();
  CHECK(refused_before_start(typed(), task)->error->code == "invalid_labels");
}

TEST_CASE("a result that is not of its type is a failure with a code of its own", "[typed][case-128]") {
  executors::Outcome outcome = ended(executors::Succeeded{"[1]"});
  check_result(typed(), outcome);
  REQUIRE(std::holds_alternative<executors::Failed>(outcome.end));
  CHECK(std::get<executors::Failed>(outcome.end).code == "invalid_result");
  for (const char* good : {"{}", "null", ""}) {
    executors::Outcome fine = ended(executors::Succeeded{good});
    check_result(typed(), fine);
    CHECK(std::holds_alternative<executors::Succeeded>(fine.end));
  }
  executors::Outcome failed = ended(executors::Failed{.code = "own", .message = "", .detail = ""});
  check_result(typed(), failed);
  CHECK(std::get<executors::Failed>(failed.end).code == "own");
}

TEST_CASE("an alias stands for its handler, and new tasks take the present name", "[typed][alias]") {
  Handler handler;
  handler.kind = "mail.send";
  handler.aliases = {"send_mail"};
  const Handlers handlers{{handler}, {}};
  REQUIRE(handlers.find("send_mail"));
  CHECK(handlers.find("send_mail")->kind == "mail.send");
  const auto admitted = admit(handlers, {.kind = "send_mail"}, now);
  REQUIRE(std::holds_alternative<store::NewTask>(admitted));
  CHECK(std::get<store::NewTask>(admitted).kind == "mail.send");
}

}  // namespace reeve::handlers
