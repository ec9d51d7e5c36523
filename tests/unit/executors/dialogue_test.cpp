#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "conformance/executor/bench.hpp"
#include "executors/protocol/dialogue.hpp"
#include "executors/protocol/sentences.hpp"

using namespace reeve::executors;
using namespace reeve::executors::protocol;

namespace {

// A dialogue with a witness that remembers, and what was answered.
struct Talk {
  testing::Witness witness;
  std::vector<std::string> answers;
  std::vector<OutputLine> entries;
  int news = 0;
  std::optional<Dialogue> dialogue;

  Talk() {
    dialogue.emplace(Addressee{7, 3}, witness, Dialogue::Hooks{[this](OutputLine line) { entries.push_back(std::move(line)); }, [this] { ++news; }});
  }
  std::string say(const std::string& line) {
    answers.clear();
    dialogue->take(understand(line), [this](std::string answer) { answers.push_back(std::move(answer)); });
    return answers.empty() ? std::string{} : answers.front();
  }
  std::string hear(const std::string& line) {
    answers.clear();
    dialogue->hear(line, [this](std::string answer) { answers.push_back(std::move(answer)); });
    return answers.empty() ? std::string{} : answers.front();
  }
};

}  // namespace

TEST_CASE("a message with an id is answered, one without is not", "[dialogue]") {
  Talk talk;
  CHECK(talk.say(R"({"type":"beat"})").empty());
  CHECK(talk.say(R"({"type":"beat","id":5})") == "{\"re\":5,\"ok\":true}\n");
  CHECK(talk.say(R"({"type":"emit","id":"a","name":"x"})").find(R"({"re":"a","error":{"code":"not_available")") == 0);
  CHECK(talk.say(R"({"type":"nonsense","id":1})").find(R"({"re":1,"error":{"code":"bad_message")") == 0);
  CHECK(talk.witness.faults.size() == 1);
  CHECK(talk.say(R"({"type":"step.begin","name":"x"})").empty());
  CHECK(talk.witness.faults.size() == 2);
}

TEST_CASE("what comes another way is always answered", "[dialogue]") {
  Talk talk;
  CHECK(talk.hear(R"({"type":"progress","percent":4})") == "{\"ok\":true}\n");
  CHECK(talk.witness.reports.size() == 1);
  CHECK(talk.hear("nonsense").find(R"({"error":{"code":"bad_message")") == 0);
  talk.witness.answer_with = [](const Request&) { return Answer{.members = R"({"done":true,"output":{"a" : 1.50}})"}; };
  CHECK(talk.hear(R"({"type":"step.begin","name":"x","input":[1]})") == "{\"ok\":true,\"done\":true,\"output\":{\"a\" : 1.50}}\n");
  CHECK(std::get<BeginStep>(talk.witness.requests.at(0)).input == "[1]");
}

TEST_CASE("the first terminal message counts", "[dialogue]") {
  Talk talk;
  talk.say(R"({"type":"result","value":1})");
  CHECK(talk.say(R"({"type":"error","code":"x","id":1})").find("too_late") != std::string::npos);
  REQUIRE(talk.dialogue->said());
  CHECK(std::get<ResultMessage>(*talk.dialogue->said()).value == "1");
  CHECK(talk.witness.faults.size() == 1);
  CHECK(talk.news == 1);
}

TEST_CASE("a message for another attempt changes nothing", "[dialogue][promise-I10]") {
  Talk talk;
  const auto line = GENERATE(as<std::string>{}, R"({"type":"result","value":1,"epoch":2,"id":1})", R"({"type":"progress","percent":9,"task":8,"id":1})",
                             R"({"type":"step.end","name":"a","output":1,"task":7,"epoch":2,"id":1})");
  CHECK(talk.say(line).find(R"({"re":1,"error":{"code":"lease_lost")") == 0);
  CHECK_FALSE(talk.dialogue->said());
  CHECK(talk.witness.reports.empty());
  CHECK(talk.witness.requests.empty());
  CHECK(talk.witness.faults.size() == 1);
}

TEST_CASE("waits without a name are counted by sort", "[dialogue]") {
  Talk talk;
  talk.say(R"({"type":"sleep","id":1,"for_ms":5})");
  talk.say(R"({"type":"signal.wait","id":2})");
  talk.say(R"({"type":"sleep","id":3,"for_ms":5,"name":"mine"})");
  talk.say(R"({"type":"sleep","id":4,"until":"2026-01-31T08:00:00.250Z"})");
  talk.say(R"({"type":"wait_tasks","id":5,"tasks":[4,5],"mode":"any","timeout_ms":100})");
  const auto& asked = talk.witness.requests;
  REQUIRE(asked.size() == 5);
  CHECK(std::get<Sleep>(asked[0]).name == "sleep#1");
  CHECK(std::get<AwaitSignal>(asked[1]).name == "signal#1");
  CHECK(std::get<Sleep>(asked[2]).name == "mine");
  CHECK(std::get<Sleep>(asked[3]).name == "sleep#3");
  CHECK(std::get<Sleep>(asked[3]).until->time_since_epoch() == std::chrono::milliseconds(1769846400250));
  CHECK(std::get<AwaitTasks>(asked[4]).any);
}

TEST_CASE("suspend is for those who were told to", "[dialogue]") {
  Talk talk;
  CHECK(talk.say(R"({"type":"suspend","id":1})").find("bad_message") != std::string::npos);
  CHECK_FALSE(talk.dialogue->said());
  talk.witness.answer_with = [](const Request&) { return Answer{.suspend = true}; };
  CHECK(talk.say(R"({"type":"sleep","id":2,"for_ms":5})") == "{\"re\":2,\"ok\":true,\"suspend\":true}\n");
  CHECK(talk.dialogue->suspending());
  CHECK(talk.say(R"({"type":"suspend","id":3})") == "{\"re\":3,\"ok\":true}\n");
  CHECK(std::holds_alternative<SuspendMessage>(*talk.dialogue->said()));
}

TEST_CASE("an answer that comes when nobody listens any more harms nobody", "[dialogue][hostile]") {
  Talk talk;
  std::function<void(Answer)> late;
  struct Slow : testing::Witness {
    std::function<void(Answer)>& late;
    explicit Slow(std::function<void(Answer)>& the_late) : late(the_late) {}
    void request(Request, std::function<void(Answer)> answer) override { late = std::move(answer); }
  } slow(late);
  std::string answered;
  {
    Dialogue dialogue({1, 1}, slow, {[](OutputLine) {}, [] {}});
    dialogue.hear(R"({"type":"get","of":4})", [&](std::string line) { answered = std::move(line); });
    CHECK(dialogue.unanswered() == 1);
  }
  late(Answer{.code = "gone", .message = "no more"});
  CHECK(answered.find("gone") != std::string::npos);
}

TEST_CASE("a hundred faults are forgiven, one more breaks the protocol", "[dialogue][hostile]") {
  Talk talk;
  for (int i = 0; i < 100; ++i) talk.say("x");
  CHECK_FALSE(talk.dialogue->broken());
  talk.say("x");
  CHECK(talk.dialogue->broken());
}

TEST_CASE("a task is ordered on one line, its payload as it is", "[dialogue]") {
  Execution execution;
  execution.task = 7;
  execution.epoch = 3;
  execution.kind = "a\"b";
  execution.labels = {{"k", "v\n"}};
  execution.payload = "{\n \"a\" : 1.50\n}";
  CHECK(task_order(execution) ==
        "{\"type\":\"task\",\"task\":7,\"epoch\":3,\"attempt\":1,\"max_attempts\":1,\"kind\":\"a\\\"b\",\"queue\":\"\",\"labels\":{\"k\":\"v\\n\"},"
        "\"payload\":{  \"a\" : 1.50 }}\n");
}
