#include <catch2/catch.hpp>
#include <csignal>

#include "executors/process/classify.hpp"

using namespace reeve::executors;
using namespace reeve::executors::process;
using namespace reeve::executors::protocol;

namespace {

Ending exited(int code) {
  Ending ending;
  ending.exit.code = code;
  return ending;
}

Ending died(int signal) {
  Ending ending;
  ending.exit.signal = signal;
  return ending;
}

template <class Kind>
bool is(const End& end) {
  return std::holds_alternative<Kind>(end);
}

}  // namespace

TEST_CASE("each exit code has one meaning", "[classify]") {
  for (int code = 0; code < 256; ++code) {
    const End end = classify(exited(code), {});
    INFO(code);
    if (code == 0) CHECK(is<Succeeded>(end));
    else if (code == 75) CHECK(std::get<Failed>(end).code == "tempfail");
    else if (code == 64 || code == 65 || code == 77 || code == 78) CHECK(is<Rejected>(end));
    else if (code == 126 || code == 127) CHECK(std::get<SpawnFailed>(end).step == "exec");
    else CHECK(std::get<Failed>(end).code == "exit");
  }
}

TEST_CASE("a handler may give its exit codes other meanings", "[classify]") {
  const std::map<int, ExitMeaning> own{{3, ExitMeaning::success}, {0, ExitMeaning::retry}, {75, ExitMeaning::reject}};
  CHECK(is<Succeeded>(classify(exited(3), own)));
  CHECK(std::get<Failed>(classify(exited(0), own)).code == "tempfail");
  CHECK(is<Rejected>(classify(exited(75), own)));
  CHECK(is<Failed>(classify(exited(1), own)));
}

TEST_CASE("a signal is a crash, never a cancellation, unless we sent it", "[classify][case-101]") {
  for (int signal = 1; signal < 32; ++signal) {
    CHECK(std::get<Crashed>(classify(died(signal), {})).signal == signal);
    auto stopped = died(signal);
    stopped.stop = StopReason::cancel;
    CHECK(is<Stopped>(classify(stopped, {})) == (signal == SIGKILL || signal == SIGTERM));
  }
}

TEST_CASE("a result with exit 0 counts even when a stop was asked for just before", "[classify]") {
  auto ending = exited(0);
  ending.stop = StopReason::timeout;
  ending.said = ResultMessage{"1"};
  CHECK(std::get<Succeeded>(classify(ending, {})).result == "1");
  ending.said.reset();
  CHECK(is<Stopped>(classify(ending, {})));
}

TEST_CASE("a result and another exit code contradict each other, and the exit code is believed", "[classify]") {
  auto ending = exited(3);
  ending.said = ResultMessage{"1"};
  CHECK(std::get<Failed>(classify(ending, {})).code == "exit");
  ending = died(SIGSEGV);
  ending.said = ResultMessage{"1"};
  CHECK(is<Crashed>(classify(ending, {})));
}

TEST_CASE("what the handler says about its failure is taken, whatever it exits with", "[classify]") {
  const int code = GENERATE(0, 1, 65, 75);
  auto ending = exited(code);
  ending.said = ErrorMessage{"busy", "later", "{}", true, std::nullopt};
  CHECK(std::get<Failed>(classify(ending, {})).code == "busy");
  ending.said = ErrorMessage{"busy", "never", "", false, std::nullopt};
  CHECK(is<Rejected>(classify(ending, {})));
  ending.said = RejectMessage{"", "", ""};
  CHECK(std::get<Rejected>(classify(ending, {})).code == "rejected");
  ending.said = SnoozeMessage{std::chrono::seconds(5)};
  CHECK(std::get<Snoozed>(classify(ending, {})).for_ == std::chrono::seconds(5));
}

TEST_CASE("a broken protocol is the outcome, whatever else happened", "[classify]") {
  auto ending = died(SIGKILL);
  ending.stop = StopReason::cancel;
  ending.broken = "half a message";
  CHECK(std::get<ProtocolError>(classify(ending, {})).message == "half a message");
}

TEST_CASE("a body without a known status has not succeeded", "[classify]") { CHECK(is<Failed>(classify(Ending{}, {}))); }

TEST_CASE("stdout as a result is its JSON, or its text as a JSON string", "[classify]") {
  CHECK(printed_result("{\"a\": 1.0}\n") == "{\"a\": 1.0}");
  CHECK(printed_result("hello\nworld\n") == R"("hello\nworld")");
  CHECK(printed_result("").empty());
  CHECK(printed_result("\n").empty());
  CHECK(printed_result("\xff") == "\"\xEF\xBF\xBD\"");
}
