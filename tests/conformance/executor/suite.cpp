// What every executor promises. Each program links this with one fixture.
#include <catch2/catch.hpp>
#include <csignal>
#include <memory>

#include "tests/conformance/executor/bench.hpp"
#include "tests/conformance/executor/fixture.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

Outcome try_out(Execution execution) {
  Bench bench;
  return bench.run(fixture().executor, std::move(execution));
}

std::string json_string(std::size_t bytes) { return "\"" + std::string(bytes - 2, 'x') + "\""; }

// Stops at the first sign that the body runs.
void stop_when_running(Witness& witness, Brake& brake, StopReason reason, bool prints) {
  witness.react = [&witness, &brake, reason, prints] {
    if (!prints || witness.printed("ready")) brake.stop(reason);
  };
}

constexpr const char* cooperative = "cooperative: its bodies cannot be killed, and it says so";

// One that prints says "ready" when it runs; the others run at once.
bool prints() { return fixture().print_lines(1).has_value(); }

}  // namespace

TEST_CASE("an executor says what it can do, and its bodies agree", "[executor][conformance]") {
  Bench bench;
  auto* executor = bench.executors->find(fixture().executor);
  REQUIRE(executor != nullptr);
  const auto can = executor->capabilities();
  CHECK(can.name == fixture().executor);
  CHECK(can.kills == fixture().ignore_the_stop().has_value());
  CHECK(can.captures_output == fixture().print_lines(1).has_value());
  CHECK(can.isolates_crashes == fixture().crash(SIGSEGV).has_value());
  CHECK(bench.executors->find("no such executor") == nullptr);
}

TEST_CASE("a body can be spoken to exactly when its executor says that it speaks the protocol", "[executor][conformance]") {
  Bench bench;
  Witness witness;
  Brake brake;
  bool heard = false;
  witness.react = [&] { heard = heard || witness.ear != nullptr; };
  const auto outcome = bench.run(fixture().executor, fixture().succeed_with("7"), witness, brake);
  CHECK(std::holds_alternative<Succeeded>(outcome.end));
  CHECK(heard == bench.executors->find(fixture().executor)->capabilities().speaks_protocol);
  CHECK(witness.ear == nullptr);
}

TEST_CASE("a result comes back byte for byte, whatever its size", "[executor][result][conformance]") {
  const auto size = GENERATE(as<std::size_t>{}, 1, 64 << 10, 1 << 20);
  const std::string result = size == 1 ? "7" : json_string(size);
  const auto outcome = try_out(fixture().succeed_with(result));
  REQUIRE(std::holds_alternative<Succeeded>(outcome.end));
  CHECK(std::get<Succeeded>(outcome.end).result == result);
}

TEST_CASE("a number in a result keeps the digits it was written with", "[executor][result][conformance]") {
  const auto outcome = try_out(fixture().succeed_with(R"({"price": 1.50, "id": 12345678901234567890123})"));
  REQUIRE(std::holds_alternative<Succeeded>(outcome.end));
  CHECK(std::get<Succeeded>(outcome.end).result == R"({"price": 1.50, "id": 12345678901234567890123})");
}

TEST_CASE("a failure carries the handler's code and message", "[executor][failure][conformance]") {
  const auto outcome = try_out(fixture().fail_with("no_paper", "tray 2 is empty"));
  REQUIRE(std::holds_alternative<Failed>(outcome.end));
  CHECK(std::get<Failed>(outcome.end).code == "no_paper");
  CHECK(std::get<Failed>(outcome.end).message == "tray 2 is empty");
}

TEST_CASE("a rejection is permanent and carries its code", "[executor][failure][conformance]") {
  const auto outcome = try_out(fixture().reject_with("bad_address"));
  REQUIRE(std::holds_alternative<Rejected>(outcome.end));
  CHECK(std::get<Rejected>(outcome.end).code == "bad_address");
}

TEST_CASE("an attempt that is stopped before it starts never starts", "[executor][stop][conformance][case-43]") {
  Bench bench;
  Witness witness;
  Brake brake;
  brake.stop(StopReason::cancel);
  const auto outcome = bench.run(fixture().executor, fixture().run_until_stopped(), witness, brake);
  REQUIRE(std::holds_alternative<Stopped>(outcome.end));
  CHECK(std::get<Stopped>(outcome.end).reason == StopReason::cancel);
  CHECK(witness.pids.empty());
}

TEST_CASE("an attempt that is stopped while it runs ends at once, with the reason", "[executor][stop][conformance]") {
  const auto reason = GENERATE(StopReason::cancel, StopReason::timeout, StopReason::stalled, StopReason::shutdown, StopReason::lease_lost);
  Bench bench;
  Witness witness;
  Brake brake;
  stop_when_running(witness, brake, reason, prints());
  const auto outcome = bench.run(fixture().executor, fixture().run_until_stopped(), witness, brake);
  REQUIRE(std::holds_alternative<Stopped>(outcome.end));
  CHECK(std::get<Stopped>(outcome.end).reason == reason);
}

TEST_CASE("the first reason of a stop stands", "[executor][stop][conformance]") {
  Bench bench;
  Witness witness;
  Brake brake;
  witness.react = [&] {
    brake.stop(StopReason::timeout);
    brake.kill(StopReason::cancel);
  };
  const auto outcome = bench.run(fixture().executor, fixture().run_until_stopped(), witness, brake);
  REQUIRE(std::holds_alternative<Stopped>(outcome.end));
  CHECK(std::get<Stopped>(outcome.end).reason == StopReason::timeout);
}

TEST_CASE("a stop after the end changes nothing", "[executor][stop][conformance]") {
  Bench bench;
  Witness witness;
  Brake brake;
  const auto outcome = bench.run(fixture().executor, fixture().succeed_with("1"), witness, brake);
  brake.stop(StopReason::cancel);
  brake.kill(StopReason::cancel);
  CHECK(std::holds_alternative<Succeeded>(outcome.end));
}

TEST_CASE("a body that ignores the stop is killed after its grace", "[executor][stop][conformance][case-33]") {
  const auto execution = fixture().ignore_the_stop();
  if (!execution) {
    SUCCEED(cooperative);
    return;
  }
  Bench bench;
  Witness witness;
  Brake brake;
  stop_when_running(witness, brake, StopReason::timeout, true);
  const auto outcome = bench.run(fixture().executor, *execution, witness, brake);
  REQUIRE(std::holds_alternative<Stopped>(outcome.end));
  CHECK(std::get<Stopped>(outcome.end).reason == StopReason::timeout);
  CHECK(outcome.exit.signal == SIGKILL);
}

TEST_CASE("a kill does not wait for the grace", "[executor][stop][conformance]") {
  auto execution = fixture().ignore_the_stop();
  if (!execution) {
    SUCCEED(cooperative);
    return;
  }
  execution->stop_grace = std::chrono::hours(1);
  Bench bench;
  Witness witness;
  Brake brake;
  witness.react = [&] {
    if (witness.printed("ready")) brake.kill(StopReason::lease_lost);
  };
  const auto outcome = bench.run(fixture().executor, *execution, witness, brake);
  REQUIRE(std::holds_alternative<Stopped>(outcome.end));
  CHECK(outcome.exit.signal == SIGKILL);
}

TEST_CASE("progress is heard in order and ends with the latest", "[executor][progress][conformance]") {
  const auto execution = fixture().report_progress(50);
  if (!execution) return;
  Bench bench;
  Witness witness;
  Brake brake;
  bench.run(fixture().executor, *execution, witness, brake);
  REQUIRE(!witness.reports.empty());
  double before = 0;
  for (const auto& report : witness.reports) {
    CHECK(report.percent.value_or(-1) > before);
    before = report.percent.value_or(-1);
  }
  CHECK(before == 50);
}

TEST_CASE("lines of output are heard in order, all of them", "[executor][output][conformance]") {
  const auto execution = fixture().print_lines(500);
  if (!execution) return;
  Bench bench;
  Witness witness;
  Brake brake;
  bench.run(fixture().executor, *execution, witness, brake);
  REQUIRE(witness.lines.size() == 500);
  for (int i = 0; i < 500; ++i) CHECK(witness.lines[static_cast<std::size_t>(i)].message == "line " + std::to_string(i + 1));
}

TEST_CASE("a body that dies by a signal has crashed, and nobody else is hurt", "[executor][crash][conformance]") {
  const auto signal = GENERATE(SIGSEGV, SIGKILL, SIGTERM);
  const auto execution = fixture().crash(signal);
  if (!execution) return;
  Bench bench;
  const auto outcome = bench.run(fixture().executor, *execution);
  REQUIRE(std::holds_alternative<Crashed>(outcome.end));
  CHECK(std::get<Crashed>(outcome.end).signal == signal);
  CHECK(std::holds_alternative<Succeeded>(bench.run(fixture().executor, fixture().succeed_with("1")).end));
}

TEST_CASE("many attempts run at once, each with its own result", "[executor][capacity][conformance]") {
  Bench bench;
  struct Attempt {
    Witness witness;
    Brake brake;
    std::optional<Outcome> outcome;
  };
  std::vector<std::unique_ptr<Attempt>> attempts;
  for (int i = 0; i < 64; ++i) {
    attempts.push_back(std::make_unique<Attempt>());
    auto& attempt = *attempts.back();
    bench.start(*bench.executors->find(fixture().executor), fixture().succeed_with(std::to_string(i)), attempt.witness, attempt.brake,
                attempt.outcome);
  }
  REQUIRE(bench.settle());
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    REQUIRE(attempts[i]->outcome);
    REQUIRE(std::holds_alternative<Succeeded>(attempts[i]->outcome->end));
    CHECK(std::get<Succeeded>(attempts[i]->outcome->end).result == std::to_string(i));
  }
}

TEST_CASE("nothing is left of an attempt, nor of what was kept warm for it: no child, no descriptor", "[executor][conformance]") {
  Bench bench;
  std::size_t before = 0;
  for (int i = 0; i < 20; ++i) {
    bench.executors->declare({});
    if (i == 1) before = open_descriptors();   // the loop itself opens some when it is used for the first time
    bench.run(fixture().executor, fixture().succeed_with("1"));
    bench.run(fixture().executor, fixture().fail_with("a", "b"));
    Witness witness;
    Brake brake;
    stop_when_running(witness, brake, StopReason::cancel, prints());
    bench.run(fixture().executor, fixture().run_until_stopped(), witness, brake);
    bench.close();
  }
  CHECK(open_descriptors() == before);
  CHECK(children().empty());
}

TEST_CASE("a child that the body leaves behind is killed and named", "[executor][conformance]") {
  const auto execution = fixture().leave_a_child();
  if (!execution) return;
  const auto outcome = try_out(*execution);
  CHECK(std::holds_alternative<Succeeded>(outcome.end));
  REQUIRE(outcome.left_children.size() == 1);
  CHECK(children().empty());
}
