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
  int released = 0;
  std::chrono::milliseconds lease{1'000};
  std::optional<Dialogue> dialogue;

  Talk() {
    dialogue.emplace(Addressee{7, 3}, witness, Dialogue::Hooks{[this](OutputLine line) { entries.push_back(std::move(line)); }, [this] { ++news; }}, 4096);
  }
  // From now on an attempt with a lease.
  void lend() {
    Dialogue::Hooks hooks;
    hooks.log = [this](OutputLine line) { entries.push_back(std::move(line)); };
    hooks.news = [this] { ++news; };
    hooks.renew = [this](std::optional<std::chrono::milliseconds> wish) { return lease = wish.value_or(lease); };
    hooks.release = [this] { ++released; };
    dialogue.emplace(Addressee{7, 3}, witness, std::move(hooks), 4096);
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
    Dialogue dialogue({1, 1}, slow, {[](OutputLine) {}, [] {}}, 4096);
    dialogue.hear(R"({"type":"get","of":4})", [&](std::string line) { answered = std::move(line); });
    CHECK(dialogue.unanswered() == 1);
  }
  late(Answer{.code = "gone", .message = "no more"});
  CHECK(answered.find("gone") != std::string::npos);
}

TEST_CASE("a message that is too long is refused the way it came", "[dialogue][hostile]") {
  Talk talk;
  const std::string head = R"({"type":"result","value":")", tail = "\"}";
  const std::string most = head + std::string(4096 - head.size() - tail.size(), 'x') + tail;
  CHECK(talk.hear(most + " ").find(R"({"error":{"code":"message_too_long","message":"a message of 4097 bytes; at most 4096)") == 0);
  CHECK_FALSE(talk.dialogue->said());
  CHECK(talk.witness.faults.size() == 1);
  CHECK(talk.hear(most) == "{\"ok\":true}\n");
  CHECK(talk.dialogue->said());
}

TEST_CASE("leases are for attempts that have one", "[dialogue]") {
  Talk talk;
  const auto line = GENERATE(as<std::string>{}, R"({"type":"renew","lease_ms":5000})", R"({"type":"release"})", R"({"type":"status","state":"succeeded","value":1})");
  CHECK(talk.hear(line).find(R"({"error":{"code":"bad_message")") == 0);
  CHECK_FALSE(talk.dialogue->said());
  CHECK(talk.witness.faults.size() == 1);
  talk.lend();
  CHECK(talk.hear(line).find("{\"ok\":true") == 0);
}

TEST_CASE("a lease is renewed and given back", "[dialogue]") {
  Talk talk;
  talk.lend();
  CHECK(talk.hear(R"({"type":"renew","lease_ms":5000})") == "{\"ok\":true,\"lease_ms\":5000}\n");
  CHECK(talk.hear(R"({"type":"renew"})") == "{\"ok\":true,\"lease_ms\":5000}\n");
  CHECK(talk.hear(R"({"type":"renew","lease_ms":"long"})").find("bad_message") != std::string::npos);
  CHECK(talk.lease == std::chrono::milliseconds(5000));
  CHECK(talk.hear(R"({"type":"release","epoch":2})").find("lease_lost") != std::string::npos);
  CHECK(talk.released == 0);
  CHECK(talk.say(R"({"type":"release","id":4})") == "{\"re\":4,\"ok\":true}\n");
  CHECK(talk.released == 1);
}

TEST_CASE("a status is a stage, and the end when it says so", "[dialogue]") {
  Talk talk;
  talk.lend();
  CHECK(talk.hear(R"({"type":"status","state":"running","stage":"en\"coding","actor":"ci","source":"farm"})") == "{\"ok\":true}\n");
  CHECK(talk.witness.reports.at(0).label == "en\"coding");
  CHECK(talk.entries.at(0).message == "en\"coding");
  CHECK(talk.entries.at(0).meta == R"({"kind":"status","meta":{"actor":"ci","source":"farm"}})");
  CHECK(talk.hear(R"({"type":"status","state":"sideways","stage":"x"})").find("none of running, succeeded, failed") != std::string::npos);
  CHECK(talk.witness.reports.size() == 1);
  CHECK(talk.hear(R"({"type":"status","state":"failed","code":"\"error\":","message":"m"})") == "{\"ok\":true}\n");
  CHECK(std::get<ErrorMessage>(*talk.dialogue->said()).code == "\"error\":");
  CHECK(talk.hear(R"({"type":"status","state":"succeeded","value":1})").find("too_late") != std::string::npos);
}

TEST_CASE("one that was asked to stop is told with each answer", "[dialogue]") {
  Talk talk;
  std::function<void(Answer)> late;
  struct Slow : testing::Witness {
    std::function<void(Answer)>& late;
    explicit Slow(std::function<void(Answer)>& the_late) : late(the_late) {}
    void request(Request, std::function<void(Answer)> answer) override { late = std::move(answer); }
  } slow(late);
  Dialogue dialogue({1, 1}, slow, {[](OutputLine) {}, [] {}}, 4096);
  std::string answered;
  const auto keep = [&](std::string line) { answered = std::move(line); };
  dialogue.hear(R"({"type":"get","of":4})", keep);
  dialogue.stopping(StopReason::cancel);
  late(Answer{.members = "{\"task\":{}}"});
  CHECK(answered == "{\"ok\":true,\"task\":{},\"stop\":\"cancel\"}\n");
  dialogue.hear("nonsense", keep);
  CHECK(answered.find("\"},\"stop\":\"cancel\"}\n") != std::string::npos);
  dialogue.hear(R"({"type":"beat"})", keep);
  CHECK(answered == "{\"ok\":true,\"stop\":\"cancel\"}\n");
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

TEST_CASE("a task is ordered with the units that it may use", "[dialogue][limits]") {
  Execution execution;
  execution.resources = {{"gpu", {"0", "1"}}, {"license", {"alpha"}}};
  CHECK(task_order(execution).find(R"("resources":{"gpu":["0","1"],"license":["alpha"]})") != std::string::npos);
}
