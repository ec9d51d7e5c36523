#include "tests/conformance/store/steps_fixture.hpp"

namespace reeve::store::conformance {

using Waited = WaitAnswer::Result;

TEST_CASE("a sleep ends when its time has come", "[waits][conformance]") {
  StepsTest test;
  const Timestamp until = test.now + 1h;
  const TaskId id = test.make_waiting(StepsTest::sleep_until(until));
  CHECK(all_steps(*test.reader, id).at(0).wake_at == until);
  CHECK(test.claim(test.claim_request()).next_due == until);
  test.now = until - 1ms;
  CHECK(test.claim().empty());
  test.now = until;
  CHECK(test.replay(StepsTest::sleep_until(until + 1h)) == R"({"slept":true})");
  CHECK(test.get(id).run_at == until);
  CHECK(test.get(id).attempt == 1);
  CHECK(test.last_event_data(id, "task.resumed") == R"({"wait":"nap","by":"sleep"})");
  CHECK_FALSE(all_steps(*test.reader, id).at(0).wake_at);
}

TEST_CASE("a sleep whose time is past is over at once", "[waits][conformance]") {
  StepsTest test;
  test.enqueue();
  const ClaimKey key = test.start_one();
  const WaitAnswer answer = test.wait(key, StepsTest::sleep_until(test.now));
  CHECK(answer.result == Waited::done);
  CHECK(answer.output == R"({"slept":true})");
}

TEST_CASE("the end of the first asking stands", "[waits][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.wait(key, StepsTest::sleep_until(test.now + 10s)).result == Waited::waiting);
  test.now += 5s;
  CHECK(test.wait(key, StepsTest::sleep_until(test.now + 10s)).result == Waited::waiting);
  CHECK(all_steps(*test.reader, id).size() == 1);
  test.now += 5s;
  CHECK(test.wait(key, StepsTest::sleep_until(test.now + 10s)).result == Waited::done);
}

TEST_CASE("a wait for a signal can be given up", "[waits][signals][conformance][case-173]") {
  StepsTest test;
  WaitRequest request = StepsTest::for_signal("go");
  request.until = test.now + 10s;
  const TaskId id = test.make_waiting(request);
  test.now += 10s;
  CHECK(test.replay(request) == R"({"timeout":true})");
  CHECK(test.last_event_data(id, "task.resumed") == R"({"wait":"approval","by":"timeout"})");
  CHECK(test.send(id, "go").result == SignalSent::Result::sent);
  CHECK(all_signals(*test.reader, id, true).size() == 1);
}

TEST_CASE("a signal that came in time wins over the end of the wait", "[waits][signals][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  REQUIRE(test.send(id, "go", "1").result == SignalSent::Result::sent);
  const ClaimKey key = test.start_one();
  WaitRequest request = StepsTest::for_signal("go");
  request.until = test.now - 1s;
  CHECK_THAT(test.wait(key, request).output, Catch::Contains("\"type\":\"go\""));
}

TEST_CASE("a task waits for all of its children", "[waits][conformance]") {
  StepsTest test;
  const TaskId one = test.enqueue(StoreTest::task("report"));
  const TaskId two = test.enqueue(StoreTest::task("report"));
  const TaskId id = test.enqueue();
  ClaimRequest request = test.claim_request(1);
  request.kinds = {{"echo", 1}};
  const Task task = test.claim(request).tasks.at(0);
  const ClaimKey key{id, task.epoch};
  REQUIRE(test.wait(key, StepsTest::for_tasks({two, one})).result == Waited::waiting);
  CHECK(all_steps(*test.reader, id).at(0).tasks == std::vector<TaskId>{two, one});
  REQUIRE(test.suspend(key).status == Status::waiting);
  test.cancel(one);
  CHECK(test.status(id) == Status::waiting);
  CHECK(all_steps(*test.reader, id).at(0).tasks == std::vector<TaskId>{two});
  REQUIRE(test.remove(one) == RemoveResult::removed);
  CHECK(test.finish(StoreTest::succeeded(test.start_one())).woke_others);
  CHECK(test.status(id) == Status::queued);
  CHECK(test.last_event_data(id, "task.resumed") == R"({"wait":"children","by":"tasks"})");
  CHECK(test.replay(StepsTest::for_tasks({})) ==
        R"({"tasks":[{"id":)" + std::to_string(number(two)) + R"(,"status":"succeeded"},{"id":)" + std::to_string(number(one)) +
            R"(,"status":"cancelled"}]})");
}

TEST_CASE("one of the tasks may be enough", "[waits][conformance]") {
  StepsTest test;
  const TaskId never = test.enqueue(StoreTest::task("report"));
  const TaskId other = test.enqueue(StoreTest::task("report"));
  WaitRequest request = StepsTest::for_tasks({never, other});
  request.any = true;
  test.enqueue();
  ClaimRequest only_echo = test.claim_request(1);
  only_echo.kinds = {{"echo", 1}};
  const Task task = test.claim(only_echo).tasks.at(0);
  REQUIRE(test.wait({task.id, task.epoch}, request).result == Waited::waiting);
  REQUIRE(test.suspend({task.id, task.epoch}).status == Status::waiting);
  test.cancel(other);
  const Task again = test.claim(only_echo).tasks.at(0);
  CHECK(test.wait({again.id, again.epoch}, request).output == R"({"tasks":[{"id":)" + std::to_string(number(other)) + R"(,"status":"cancelled"}]})");
  test.cancel(never);
  CHECK(test.count_events(task.id, "task.resumed") == 1);
}

TEST_CASE("every way in which a task ends is told to whoever waits for it", "[waits][conformance]") {
  StepsTest test;
  NewTask fresh = StoreTest::task("report");
  fresh.max_crashes = 1;
  fresh.expires_at = test.now + 10s;
  const TaskId target = test.enqueue(fresh);
  const TaskId id = test.enqueue();
  ClaimRequest request = test.claim_request(1);
  request.kinds = {{"echo", 1}};
  const Task task = test.claim(request).tasks.at(0);
  REQUIRE(test.wait({id, task.epoch}, StepsTest::for_tasks({target})).result == Waited::waiting);
  REQUIRE(test.suspend({id, task.epoch}).status == Status::waiting);
  std::string status = "failed";
  SECTION("it fails") { test.finish(StoreTest::failed(test.start_one(), Fail{})); }
  SECTION("its lease runs out for the last time") {
    test.start_one();
    test.now += 1min;
    test.expire();
  }
  SECTION("its runner dies for the last time") {
    test.start_one();
    test.batch([&](Store& s) { return s.runners().requeue_dead(test.runner + 1, test.now, 10); });
  }
  SECTION("it expires") {
    status = "cancelled";
    test.now += 1min;
    test.expire();
  }
  CHECK(test.status(id) == Status::queued);
  CHECK_THAT(all_steps(*test.reader, id).at(0).output, Catch::Contains(status));
}

TEST_CASE("tasks that have ended or are gone need not be waited for", "[waits][conformance]") {
  StepsTest test;
  const TaskId done = test.make_succeeded();
  const TaskId gone = test.make_cancelled();
  REQUIRE(test.remove(gone) == RemoveResult::removed);
  test.enqueue();
  const WaitAnswer answer = test.wait(test.start_one(), StepsTest::for_tasks({done, gone}));
  CHECK(answer.result == Waited::done);
  CHECK_THAT(answer.output, Catch::Contains("succeeded") && Catch::Contains("deleted"));
}

TEST_CASE("what can never come is refused", "[waits][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  CHECK_THAT(test.wait(key, StepsTest::for_tasks({TaskId{4711}})).message, Catch::Contains("4711"));
  CHECK_THAT(test.wait(key, StepsTest::for_tasks({id})).message, Catch::Contains("itself"));
  WaitRequest endless;
  endless.name = "endless";
  CHECK(test.wait(key, endless).result == Waited::refused);
  endless.sort = StepSort::step;
  CHECK(test.wait(key, endless).result == Waited::refused);
  CHECK(all_steps(*test.reader, id).empty());
}

TEST_CASE("a wait that is fulfilled while its task is queued for another reason only completes", "[waits][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.wait(key, StepsTest::for_signal("go")).result == Waited::waiting);
  REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now + 1h})).recorded);
  CHECK_FALSE(test.send(id, "go").resumed);
  CHECK(test.get(id).run_at == test.now + 1h);
  CHECK(test.count_events(id, "task.resumed") == 0);
  CHECK(all_steps(*test.reader, id).at(0).status == StepStatus::completed);
}

}  // namespace reeve::store::conformance
