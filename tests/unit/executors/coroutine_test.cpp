// Coroutines that the embedding program registered, on the loop.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "tests/conformance/executor/bench.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
namespace asio = boost::asio;

namespace {

using CoroutineCall = std::function<asio::awaitable<End>(FunctionContext&)>;

Options with_coroutine(CoroutineCall call, std::string name = "it") {
  Options chosen = options();
  chosen.coroutines = {{std::move(name), std::move(call)}};
  return chosen;
}

Execution coroutine_execution(std::string name = "it") {
  Execution execution;
  execution.task = 11;
  execution.payload = R"({"a":1})";
  execution.builtin = std::make_shared<const BuiltinSpec>(BuiltinSpec{std::move(name), {}});
  return execution;
}

asio::awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<End> answer(FunctionContext& context) {
  context.log("info", "before");
  context.progress(ProgressReport{.percent = 50});
  co_await pause(std::chrono::milliseconds(1));
  context.beat();
  co_return Succeeded{context.execution().payload};
}

asio::awaitable<End> wait_for_ever(FunctionContext& context) {
  context.beat();
  co_await pause(std::chrono::hours(1));
  co_return Succeeded{"\"slept\""};
}

// Goes on after the stop: whatever it awaits then is cancelled, too, but what it has done counts.
asio::awaitable<End> finish_after_stop(FunctionContext& context) {
  try {
    co_await wait_for_ever(context);
  } catch (const boost::system::system_error&) {
  }
  co_return context.stop_requested() ? End(Succeeded{"\"done\""}) : End(Failed{});
}

asio::awaitable<End> throw_late(FunctionContext&) {
  co_await pause(std::chrono::milliseconds(1));
  throw std::runtime_error("late");
}

asio::awaitable<End> answer_nonsense(FunctionContext&) { co_return Succeeded{"{nonsense"}; }

Outcome outcome_of(CoroutineCall call) {
  Bench bench(with_coroutine(std::move(call)));
  return bench.run("inline", coroutine_execution());
}

Failed failure_of(CoroutineCall call) {
  const auto outcome = outcome_of(std::move(call));
  REQUIRE(std::holds_alternative<Failed>(outcome.end));
  return std::get<Failed>(outcome.end);
}

}  // namespace

TEST_CASE("a registered coroutine runs on the loop, reports and answers", "[coroutine]") {
  Bench bench(with_coroutine(answer));
  Witness witness;
  Brake brake;
  const auto outcome = bench.run("inline", coroutine_execution(), witness, brake);
  REQUIRE(std::holds_alternative<Succeeded>(outcome.end));
  CHECK(std::get<Succeeded>(outcome.end).result == R"({"a":1})");
  CHECK(witness.pids == std::vector<std::int64_t>{0});
  CHECK(witness.printed("before"));
  CHECK(witness.reports.at(0).percent == 50);
  CHECK(witness.signs_of_life == 1);
}

TEST_CASE("what a coroutine throws is a failure, whenever it throws", "[coroutine][failure]") {
  CHECK(failure_of(throw_late).message == "late");
  CHECK(failure_of(throw_late).code == "exception");
  CHECK(failure_of([](FunctionContext&) -> asio::awaitable<End> { throw std::runtime_error("early"); }).message == "early");
  CHECK(failure_of(CoroutineCall()).code == "exception");
  CHECK(failure_of(answer_nonsense).code == "bad_result");
}

TEST_CASE("a stop cancels what a coroutine awaits", "[coroutine][stop]") {
  Bench bench(with_coroutine(wait_for_ever));
  Witness witness;
  Brake brake;
  std::optional<Outcome> outcome;
  bench.start(*bench.executors->find("inline"), coroutine_execution(), witness, brake, outcome);
  while (witness.signs_of_life == 0) bench.loop.run_one();
  bench.loop.poll();
  CHECK_FALSE(outcome);
  brake.stop(StopReason::cancel);
  REQUIRE(bench.settle());
  REQUIRE(std::holds_alternative<Stopped>(outcome->end));
}

TEST_CASE("a stop from inside a report reaches the coroutine at its next wait", "[coroutine][stop]") {
  Bench bench(with_coroutine(wait_for_ever));
  Witness witness;
  Brake brake;
  witness.react = [&] {
    if (witness.signs_of_life > 0) brake.stop(StopReason::timeout);
  };
  const auto outcome = bench.run("inline", coroutine_execution(), witness, brake);
  REQUIRE(std::holds_alternative<Stopped>(outcome.end));
  CHECK(std::get<Stopped>(outcome.end).reason == StopReason::timeout);
}

TEST_CASE("a coroutine that succeeds although it was stopped has succeeded", "[coroutine][stop]") {
  Bench bench(with_coroutine(finish_after_stop));
  Witness witness;
  Brake brake;
  witness.react = [&] { brake.stop(StopReason::cancel); };
  const auto outcome = bench.run("inline", coroutine_execution(), witness, brake);
  REQUIRE(std::holds_alternative<Succeeded>(outcome.end));
  CHECK(std::get<Succeeded>(outcome.end).result == "\"done\"");
}

TEST_CASE("built-ins come before registered coroutines, and an unknown name lists both", "[coroutine]") {
  Bench bench(with_coroutine(wait_for_ever, "noop"));
  CHECK(std::holds_alternative<Succeeded>(bench.run("inline", coroutine_execution("noop")).end));
  Bench other(with_coroutine(answer, "mine"));
  Witness witness;
  Brake brake;
  const auto outcome = other.run("inline", coroutine_execution("mien"), witness, brake);
  REQUIRE(std::holds_alternative<SpawnFailed>(outcome.end));
  CHECK_THAT(std::get<SpawnFailed>(outcome.end).message, Catch::Contains("\"mien\"") && Catch::Contains("noop, echo, sleep, fail, http, mine"));
  CHECK(witness.pids.empty());
}
