#include <catch2/catch.hpp>
#include <string>

#include "executors/protocol/decoder.hpp"
#include "executors/protocol/raw_json.hpp"

using namespace reeve::executors;
using namespace reeve::executors::protocol;

namespace {

template <class Body>
bool says(const std::string& line) {
  return std::holds_alternative<Body>(understand(line).body);
}

template <class Kind>
Kind terminal(const std::string& line) {
  return std::get<Kind>(std::get<Terminal>(understand(line).body));
}

ProgressReport progress(const std::string& fields) {
  return std::get<ProgressReport>(understand(R"({"type":"progress",)" + fields + "}").body);
}

}  // namespace

TEST_CASE("a result keeps the bytes it was written with", "[protocol]") {
  CHECK(terminal<ResultMessage>(R"({"type":"result","value": {"a" : 1.50 , "b":[1,2,{"value":3}]} })").value ==
        R"({"a" : 1.50 , "b":[1,2,{"value":3}]})");
  CHECK(terminal<ResultMessage>(R"({"value":"}\",\"value\":2","type":"result"})").value == R"("}\",\"value\":2")");
  CHECK(terminal<ResultMessage>(R"({"type":"result"})").value.empty());
  CHECK(terminal<ResultMessage>(R"({"type":"result","value":null})").value == "null");
  CHECK(terminal<ResultMessage>(R"({"type":"result","value":1,"value":2})").value == "2");
}

TEST_CASE("an error carries code, message, detail and the moment of the next try", "[protocol]") {
  const auto error = terminal<ErrorMessage>(
      R"({"type":"error","code":"busy","message":"later","detail":{"n":1},"retry_at":"2026-01-31T08:00:00.5Z"})");
  CHECK(error.code == "busy");
  CHECK(error.message == "later");
  CHECK(error.detail == R"({"n":1})");
  CHECK(error.retry);
  REQUIRE(error.retry_at);
  CHECK(std::chrono::system_clock::to_time_t(*error.retry_at) == 1769846400);
  CHECK_FALSE(terminal<ErrorMessage>(R"({"type":"error","retry":false})").retry);
  CHECK(says<Fault>(R"({"type":"error","retry_at":"tomorrow"})"));
  CHECK(says<Fault>(R"({"type":"error","retry":"no"})"));
}

TEST_CASE("progress takes finite numbers, clamps them, and refuses anything else", "[protocol][progress]") {
  CHECK(progress(R"("percent":40)").percent == 40);
  CHECK(progress(R"("percent":-1)").percent == 0);
  CHECK(progress(R"("percent":1e308)").percent == 100);
  CHECK(progress(R"("current":-5,"total":1e308)").current == 0);
  CHECK(progress(R"("label":"half","meta":{"x": 1.0})").meta == R"({"x": 1.0})");
  CHECK(says<Fault>(R"({"type":"progress","percent":"40"})"));
  CHECK(says<Fault>(R"({"type":"progress","percent":NaN})"));
  CHECK(says<Fault>(R"({"type":"progress","percent":1e999})"));
  CHECK(says<Fault>(R"({"type":"progress","percent":{}})"));
}

TEST_CASE("what is no message is a fault and nothing worse", "[protocol][hostile]") {
  const auto line = GENERATE(as<std::string>{}, "x", "{", "[]", "1", "\"result\"", "{}", R"({"type":1})", R"({"type":"reuslt"})",
                             "{\"type\":\"result\",\"value\":\"\xff\"}", R"({"type":"snooze"})", R"({"type":"snooze","for_ms":-1})",
                             R"({"type":"log","level":"loud"})",
                             R"({"type":"beat","task":"8"})", R"({"type":"beat","epoch":1.5})", R"({"type":"sleep","id":1})",
                             R"({"type":"sleep","id":1,"for_ms":1,"until":5})", R"({"type":"timer","id":1,"name":"x"})",
                             R"({"type":"timer","id":1,"after_ms":1})", R"({"type":"wait_tasks","id":1,"tasks":[]})",
                             R"({"type":"wait_tasks","id":1,"tasks":[0]})", R"({"type":"wait_tasks","id":1,"tasks":[1],"mode":"some"})",
                             R"({"type":"enqueue","id":1,"enqueue":"x"})", R"({"type":"get","id":1})", R"({"type":"step.begin","id":1})",
                             R"({"type":"step.end","id":1,"name":"a","error":"no object"})");
  CHECK(says<Fault>(line));
  CHECK(says<Fault>(std::string(100'000, '[')));
  CHECK(says<Fault>(R"({"type":"result","value":)" + std::string(200, '[') + std::string(200, ']') + "}"));
  CHECK(says<Fault>(std::string("{\"type\":\"beat\"\0}", 16)));
}

TEST_CASE("a log entry carries level, kind, meta and percent", "[protocol]") {
  const auto log = std::get<LogMessage>(
      understand(R"({"type":"log","level":"warn","message":"low","kind":"paper","meta":{"tray":2},"percent":10})").body);
  CHECK(log.line.stream == Stream::entry);
  CHECK(log.line.level == "warn");
  CHECK(log.line.message == "low");
  CHECK(log.line.meta == R"({"kind":"paper","meta":{"tray":2}})");
  CHECK(log.percent == 10);
}

TEST_CASE("a log entry whose percent is no number is refused after its texts were read", "[protocol]") {
  const std::string label(100, 'x');
  CHECK(says<Fault>(R"({"type":"log","message":")" + label + R"(","kind":")" + label + R"(","percent":"10"})"));
}

TEST_CASE("a message may arrive in any pieces", "[protocol]") {
  const std::string bytes = "{\"type\":\"beat\"}\n\n{\"type\":\"result\",\"value\":1}\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    Decoder decoder(1000);
    auto messages = decoder.feed(bytes.substr(0, cut));
    auto rest = decoder.feed(bytes.substr(cut));
    messages.insert(messages.end(), rest.begin(), rest.end());
    REQUIRE(messages.size() == 2);
    CHECK_FALSE(decoder.inside_line());
  }
}

TEST_CASE("a flood of progress is one report a turn", "[protocol][progress]") {
  Decoder decoder(1000);
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += "{\"type\":\"progress\",\"percent\":" + std::to_string(i / 10.0) + "}\n";
  flood += "{\"type\":\"log\",\"message\":\"x\"}\n{\"type\":\"progress\",\"percent\":100}\n";
  const auto messages = decoder.feed(flood);
  REQUIRE(messages.size() == 3);
  CHECK(std::get<ProgressReport>(messages[0].body).percent == Approx(99.9));
  CHECK(std::get<ProgressReport>(messages[2].body).percent == 100);
}

TEST_CASE("progress that falls within a turn does not take back what was reached", "[protocol][progress][promise-I31]") {
  Decoder decoder(1000);
  const auto messages = decoder.feed("{\"type\":\"progress\",\"percent\":60,\"current\":6,\"label\":\"a\"}\n"
                                     "{\"type\":\"progress\",\"percent\":20,\"total\":10,\"label\":\"b\"}\n");
  REQUIRE(messages.size() == 1);
  const auto& report = std::get<ProgressReport>(messages[0].body);
  CHECK(report.percent == 60);
  CHECK(report.current == 6);
  CHECK(report.total == 10);
  CHECK(report.label == "b");
}

TEST_CASE("a line that is too long is noticed before it is stored", "[protocol][hostile]") {
  Decoder decoder(1000);
  CHECK(decoder.feed(std::string(1000, ' ')).empty());
  CHECK_FALSE(decoder.line_too_long());
  CHECK(decoder.feed("x").empty());
  CHECK(decoder.line_too_long());
  CHECK(decoder.feed("\n{\"type\":\"result\"}\n").empty());
}

TEST_CASE("a last message without a newline counts when it is whole", "[protocol]") {
  Decoder whole(1000);
  CHECK(whole.feed(R"({"type":"result","value":1})").empty());
  const auto messages = whole.finish();
  REQUIRE(messages.size() == 1);
  CHECK(std::holds_alternative<Terminal>(messages[0].body));
  Decoder half(1000);
  CHECK(half.feed(R"({"type":"result","val)").empty());
  const auto faults = half.finish();
  REQUIRE(faults.size() == 1);
  CHECK(std::holds_alternative<Fault>(faults[0].body));
}
