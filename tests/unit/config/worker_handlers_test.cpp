#include <catch2/catch.hpp>

#include "tests/unit/config/parsed.hpp"

namespace reeve::config {

using namespace test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

const std::string worker = "    executor: worker\n    command: [/bin/cat]\n    timeout: 1m\n";

}  // namespace

TEST_CASE("a worker handler needs no more than a command", "[config][worker]") {
  const auto h = handler_of(worker);
  CHECK(h.executor == "worker");
  REQUIRE(h.worker);
  CHECK_FALSE(h.process);
  CHECK_FALSE(h.builtin);
  CHECK(h.worker->kind == "h");
  CHECK(h.worker->process->command == std::vector<std::string>{"/bin/cat"});
  CHECK(h.worker->process->payload == executors::PayloadBy::none);
  CHECK(h.worker->max == 1);
  CHECK(h.concurrency == 1);
}

TEST_CASE("every key of a worker reaches its declaration", "[config][worker]") {
  const auto h = handler_of(worker + R"(    processes: {min: 2, max: 6, idle: 90s}
    recycle: {tasks: 500, age: 2h, memory: 256MiB}
    parallel: 8
    start_timeout: 5s
    env: {A: b}
    result: none
)");
  CHECK(h.worker->min == 2);
  CHECK(h.worker->max == 6);
  CHECK(h.worker->idle == 90s);
  CHECK(h.worker->recycle.tasks == 500);
  CHECK(h.worker->recycle.age == 2h);
  CHECK(h.worker->recycle.memory_bytes == 256 << 20);
  CHECK(h.worker->parallel == 8);
  CHECK(h.worker->start_timeout == 5s);
  CHECK(h.worker->process->env.at("A") == "b");
  CHECK(h.worker->process->result == executors::ResultBy::none);
  CHECK(h.concurrency == 48);
}

TEST_CASE("a worker's concurrency is never above what its pool has places for", "[config][worker]") {
  CHECK(handler_of(worker + "    processes: {max: 4}\n    concurrency: 3\n").concurrency == 3);
  CHECK_THAT(errors_in(worker + "    processes: {max: 4}\n    concurrency: 5\n"), Contains("reeve.yaml:7:5: handlers.h.concurrency: the pool has places for 4 attempts"));
}

TEST_CASE("what cannot work with a worker is refused", "[config][worker]") {
  CHECK_THAT(errors_in("    executor: worker\n"), Contains("no command"));
  CHECK_THAT(errors_in(worker + "    processes: {min: 3, max: 2}\n"), Contains("min 3 is more than max 2"));
  CHECK_THAT(errors_in(worker + "    processes: {max: 0}\n"), Contains("processes.max"));
  CHECK_THAT(errors_in(worker + "    payload: stdin\n"), Contains("means nothing for executor worker"));
  CHECK_THAT(errors_in(worker + "    exit_codes: {3: retry}\n"), Contains("means nothing for executor worker"));
  CHECK_THAT(errors_in(worker + "    stop_signal: INT\n"), Contains("means nothing for executor worker"));
  CHECK_THAT(errors_in(worker + "    result: stdout\n"), Contains("write message or none"));
  CHECK_THAT(errors_in("    executor: worker\n    command: [/bin/cat, \"{payload.x}\"]\n"), Contains("a worker starts before it gets a task"));
  CHECK_THAT(errors_in(worker + "    recycle: {task: 5}\n"), Contains("did you mean 'tasks'"));
}

TEST_CASE("the keys of a worker are refused elsewhere", "[config][worker]") {
  for (const std::string key : {"processes: {max: 2}", "recycle: {tasks: 5}", "parallel: 2", "start_timeout: 5s"}) {
    INFO(key);
    CHECK_THAT(errors_in("    command: [/bin/true]\n    " + key + "\n"), Contains("means nothing without warm processes"));
    CHECK_THAT(errors_in("    executor: inline\n    builtin: noop\n    " + key + "\n"), Contains("means nothing without warm processes"));
  }
}

}  // namespace reeve::config
