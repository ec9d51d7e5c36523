// Functions on the pool of threads: what they may answer and report, how they are stopped, and who waits for whom.
#include <atomic>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <thread>

#include "tests/conformance/executor/bench.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;

namespace {

using ThreadCall = std::function<End(FunctionContext&)>;

Options with_call(ThreadCall call, int threads = 4) {
  Options chosen = options();
  chosen.threads = threads;
  chosen.functions = {{"it", std::move(call)}};
  return chosen;
}

Execution thread_execution(ThreadSpec spec = {"it", {}}) {
  Execution execution;
  execution.task = 11;
  execution.epoch = 5;
  execution.attempt = 2;
  execution.kind = "k";
  execution.payload = R"({"a":1})";
  execution.thread = std::make_shared<const ThreadSpec>(std::move(spec));
  return execution;
}

End end_of_call(ThreadCall call) {
  Bench bench(with_call(std::move(call)));
  return bench.run("thread", thread_execution()).end;
}

template <class Kind>
Kind call_ends_as(ThreadCall call) {
  const End end = end_of_call(std::move(call));
  REQUIRE(std::holds_alternative<Kind>(end));
  return std::get<Kind>(end);
}

void until(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

}  // namespace

TEST_CASE("a function sees its execution and its answer is the result", "[thread]") {
  const auto end = call_ends_as<Succeeded>([](FunctionContext& context) -> End {
    const Execution& execution = context.execution();
    return Succeeded{"[" + std::to_string(execution.task) + "," + std::to_string(execution.attempt) + "," + execution.payload + "]"};
  });
  CHECK(end.result == R"([11,2,{"a":1}])");
  CHECK(call_ends_as<Succeeded>([](FunctionContext&) -> End { return Succeeded{}; }).result.empty());
  CHECK(call_ends_as<Snoozed>([](FunctionContext&) -> End { return Snoozed{std::chrono::milliseconds(5)}; }).for_.count() == 5);
}

TEST_CASE("what a function throws is a failure with its words", "[thread][failure]") {
  const auto known = call_ends_as<Failed>([](FunctionContext&) -> End { throw std::runtime_error("no \xff disk"); });
  CHECK(known.code == "exception");
  CHECK(known.message == "no \xEF\xBF\xBD disk");
  CHECK(call_ends_as<Failed>([](FunctionContext&) -> End { throw 7; }).code == "exception");
  CHECK(call_ends_as<Failed>(ThreadCall()).code == "exception");
}

TEST_CASE("an answer that cannot be stored is a failure", "[thread][failure]") {
  const auto code_of = [](End end) { return call_ends_as<Failed>([end](FunctionContext&) { return end; }).code; };
  CHECK(code_of(Succeeded{"{nonsense"}) == "bad_result");
  CHECK(code_of(Succeeded{"\"\xff\""}) == "bad_result");
  CHECK(code_of(Succeeded{std::string(200, '[')}) == "bad_result");
  CHECK(code_of(Succeeded{"\"" + std::string(1 << 20, 'x') + "\""}) == "result_too_large");
  CHECK(code_of(Snoozed{std::chrono::milliseconds(-1)}) == "bad_result");
  CHECK(code_of(Stopped{StopReason::cancel}) == "bad_result");
  CHECK(code_of(Crashed{11}) == "bad_result");
  CHECK(code_of(Suspended{}) == "bad_result");
  CHECK(code_of(Failed{}) == "error");
  CHECK(call_ends_as<Failed>([](FunctionContext&) -> End { return Failed{"a", "b", "{nonsense", {}}; }).detail.empty());
  CHECK(call_ends_as<Rejected>([](FunctionContext&) -> End { return Rejected{"a", "b", "[1]"}; }).detail == "[1]");
}

TEST_CASE("a function that does not exist never runs, and its name is told", "[thread][start]") {
  const auto refusal = [](ThreadSpec spec) {
    Bench bench(with_call([](FunctionContext&) -> End { return Succeeded{}; }));
    Witness witness;
    Brake brake;
    const auto end = bench.run("thread", thread_execution(std::move(spec)), witness, brake).end;
    CHECK(witness.pids.empty());
    REQUIRE(std::holds_alternative<SpawnFailed>(end));
    return std::get<SpawnFailed>(end);
  };
  CHECK(refusal({"ti", {}}).message.find("\"ti\"") != std::string::npos);
  CHECK(refusal({}).message.find("either a function or a plugin") != std::string::npos);
  CHECK(refusal({"it", "/x.so"}).message.find("either a function or a plugin") != std::string::npos);
  Bench bench;
  Execution bare = thread_execution();
  bare.thread = nullptr;
  CHECK(std::holds_alternative<SpawnFailed>(bench.run("thread", std::move(bare)).end));
}

TEST_CASE("reports arrive on the loop in order, cleaned", "[thread][report]") {
  Bench bench(with_call([](FunctionContext& context) -> End {
    context.log("warn", "one");
    context.progress(ProgressReport{.percent = 250, .current = -1, .total = std::numeric_limits<double>::infinity(), .label = "x", .meta = "{bad"});
    context.progress(ProgressReport{.percent = std::nan("")});
    context.beat();
    context.log("loud", "two \xff" + std::string(100'000, 'x'));
    return Succeeded{};
  }));
  Witness witness;
  Brake brake;
  const auto loop_thread = std::this_thread::get_id();
  witness.react = [&] { CHECK(std::this_thread::get_id() == loop_thread); };
  bench.run("thread", thread_execution(), witness, brake);
  CHECK(witness.pids == std::vector<std::int64_t>{0});
  REQUIRE(witness.lines.size() == 2);
  CHECK(witness.lines[0].level == "warn");
  CHECK(witness.lines[0].message == "one");
  CHECK(witness.lines[1].level == "info");
  CHECK(witness.lines[1].message.substr(0, 7) == "two \xEF\xBF\xBD");
  CHECK(witness.lines[1].message.size() < 70'000);
  CHECK(witness.signs_of_life == 1);
  REQUIRE(witness.reports.size() == 2);
  CHECK(witness.reports[0] == ProgressReport{.percent = 100, .current = 0, .total = {}, .label = "x", .meta = {}});
  CHECK_FALSE(witness.reports[1].percent);
}

TEST_CASE("a success counts even after a stop, everything else is then the stop", "[thread][stop]") {
  const bool succeeds = GENERATE(true, false);
  Bench bench(with_call([succeeds](FunctionContext& context) -> End {
    while (!context.stop_requested()) std::this_thread::yield();
    return succeeds ? End(Succeeded{"1"}) : End(Rejected{"a", "b", {}});
  }));
  Witness witness;
  Brake brake;
  witness.react = [&] { brake.stop(StopReason::timeout); };
  const auto end = bench.run("thread", thread_execution(), witness, brake).end;
  if (succeeds) {
    CHECK(std::holds_alternative<Succeeded>(end));
  } else {
    REQUIRE(std::holds_alternative<Stopped>(end));
    CHECK(std::get<Stopped>(end).reason == StopReason::timeout);
  }
}

TEST_CASE("an attempt whose function ignores the stop lasts as long as the function", "[thread][stop]") {
  std::atomic<bool> released = false, returned = false;
  Bench bench(with_call([&](FunctionContext& context) -> End {
    while (!context.stop_requested()) std::this_thread::yield();
    context.beat();
    until(released);
    returned = true;
    return Failed{};
  }));
  Witness witness;
  Brake brake;
  witness.react = [&] {
    brake.kill(StopReason::cancel);
    if (witness.signs_of_life > 0) released = true;   // it was told to stop, and still ran
  };
  CHECK(std::holds_alternative<Stopped>(bench.run("thread", thread_execution(), witness, brake).end));
  CHECK(witness.signs_of_life == 1);
  CHECK(returned);
}

TEST_CASE("when the pool is full attempts wait in order, and a stop ends a waiting one at once", "[thread][capacity]") {
  std::atomic<bool> released = false;
  std::vector<int> order;   // one thread writes it
  Options chosen = with_call(
      [&](FunctionContext& context) -> End {
        const int number = context.execution().attempt;
        order.push_back(number);
        if (number == 1) until(released);
        return Succeeded{std::to_string(number)};
      },
      1);
  struct Attempt {
    Witness witness;
    Brake brake;
    std::optional<Outcome> outcome;
  };
  std::vector<std::unique_ptr<Attempt>> attempts;
  Bench bench(chosen);
  for (int number = 1; number <= 5; ++number) {
    auto& attempt = *attempts.emplace_back(std::make_unique<Attempt>());
    Execution execution = thread_execution();
    execution.attempt = number;
    bench.start(*bench.executors->find("thread"), std::move(execution), attempt.witness, attempt.brake, attempt.outcome);
  }
  attempts[0]->witness.react = [&] { attempts[2]->brake.stop(StopReason::cancel); };   // the first runs, so the third waits
  while (!attempts[2]->outcome) bench.loop.run_one();
  CHECK(std::holds_alternative<Stopped>(attempts[2]->outcome->end));
  CHECK_FALSE(attempts[0]->outcome);
  CHECK(attempts[2]->witness.pids.empty());
  released = true;
  REQUIRE(bench.settle());
  CHECK(order == std::vector<int>{1, 2, 4, 5});
  for (const int number : {1, 2, 4, 5}) CHECK(std::get<Succeeded>(attempts[static_cast<std::size_t>(number - 1)]->outcome->end).result == std::to_string(number));
}

TEST_CASE("the room of the pool is told, and when there is more of it", "[thread][capacity]") {
  std::atomic<bool> released = false;
  int changes = 0;
  Options chosen = with_call([&](FunctionContext&) -> End { return until(released), Succeeded{}; }, 2);
  chosen.room_changed = [&changes] { ++changes; };
  Witness witness;
  Brake brake;
  std::optional<Outcome> outcome;
  Bench bench(chosen);
  auto& executor = *bench.executors->find("thread");
  CHECK(executor.room("k") == 2);
  bench.start(executor, thread_execution(), witness, brake, outcome);
  witness.react = [&] {
    CHECK(executor.room("k") == 1);
    released = true;
  };
  REQUIRE(bench.settle());
  CHECK(executor.room("k") == 2);
  CHECK(changes == 1);
}

TEST_CASE("a function that floods waits for whoever reads", "[thread][report]") {
  std::atomic<int> said = 0;
  Bench bench(with_call([&](FunctionContext& context) -> End {
    for (int i = 1; i <= 2000; ++i) {
      context.log("info", "line " + std::to_string(i));
      said = i;
    }
    return Succeeded{};
  }));
  Witness witness;
  Brake brake;
  std::optional<Outcome> outcome;
  witness.backlog = 2 << 20;   // full from the start
  bench.start(*bench.executors->find("thread"), thread_execution(), witness, brake, outcome);
  while (!witness.resume) bench.loop.run_one();
  CHECK(said <= 64);
  CHECK(witness.lines.empty());
  witness.backlog = 0;
  witness.resume();
  REQUIRE(bench.settle());
  REQUIRE(witness.lines.size() == 2000);
  for (std::size_t i = 0; i < 2000; ++i) REQUIRE(witness.lines[i].message == "line " + std::to_string(i + 1));
  witness.resume();   // long after the attempt
}

TEST_CASE("a flood of lines is kept from its beginning and its end", "[thread][report]") {
  Bench bench(with_call([&](FunctionContext& context) -> End {
    for (int i = 0; i < 40; ++i) context.log("info", std::string(60 << 10, static_cast<char>('a' + i % 26)));
    context.log("info", "the end");
    return Succeeded{};
  }));
  Witness witness;
  Brake brake;
  const auto outcome = bench.run("thread", thread_execution(), witness, brake);
  CHECK(outcome.use.dropped_bytes > 1 << 20);
  CHECK(witness.lines.front().message.front() == 'a');
  CHECK(witness.lines.back().message == "the end");
}

TEST_CASE("a function that floods after its stop is not held up by a reader that does not read", "[thread][stop]") {
  Bench bench(with_call([&](FunctionContext& context) -> End {
    while (!context.stop_requested()) context.log("info", "x");
    for (int i = 0; i < 10'000; ++i) context.log("info", "y");
    return Failed{};
  }));
  Witness witness;
  Brake brake;
  std::optional<Outcome> outcome;
  witness.backlog = 2 << 20;
  bench.start(*bench.executors->find("thread"), thread_execution(), witness, brake, outcome);
  while (!witness.resume) bench.loop.run_one();
  brake.stop(StopReason::lease_lost);
  REQUIRE(bench.settle());
  CHECK(std::holds_alternative<Stopped>(outcome->end));
  CHECK(witness.lines.size() <= 64);
}

TEST_CASE("the end of the executors stops what runs, waits for it, and runs nothing more", "[thread][stop]") {
  std::atomic<int> begun = 0, ended = 0;
  Witness witness, waiting;
  Brake brake, other;
  std::optional<Outcome> outcome, never;
  Bench bench(with_call(
      [&](FunctionContext& context) -> End {
        ++begun;
        while (!context.stop_requested()) context.beat();
        ++ended;
        return Succeeded{};
      },
      1));
  bench.start(*bench.executors->find("thread"), thread_execution(), witness, brake, outcome);
  bench.start(*bench.executors->find("thread"), thread_execution(), waiting, other, never);
  while (witness.pids.empty()) bench.loop.run_one();
  bench.executors.reset();
  CHECK(begun == 1);
  CHECK(ended == 1);
  CHECK(waiting.pids.empty());
}
