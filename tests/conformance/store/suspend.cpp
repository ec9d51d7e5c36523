#include "tests/conformance/store/steps_fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("a suspended task waits without lease, runner or a used try", "[suspend][conformance][case-181]") {
  StepsTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k", KeyScope::kind};
  const TaskId id = test.enqueue(fresh);
  const ClaimKey key = test.start_one();
  REQUIRE(test.progress(key, StoreTest::percent(40)));
  REQUIRE(test.wait(key, StepsTest::sleep_until(test.now + 1h)).result == WaitAnswer::Result::waiting);
  const Finished finished = test.suspend(key);
  CHECK(finished.recorded);
  CHECK(finished.status == Status::waiting);
  CHECK_FALSE(finished.retry_at);
  const Task task = test.get(id);
  CHECK(task.status == Status::waiting);
  CHECK(task.attempt == 0);
  CHECK(task.crashes == 0);
  CHECK(task.runner == 0);
  CHECK_FALSE(task.lease_expires_at);
  CHECK_FALSE(task.error);
  CHECK(task.progress->percent == 40);
  CHECK(test.state(id) == State::waiting);
  CHECK(test.reader->attempts(id).at(0).outcome == Outcome::suspended);
  CHECK(test.enqueue_one(fresh).id == id);
  CHECK(test.counts().at("default/echo/waiting") == 1);
  test.now += 30min;
  CHECK(test.claim().empty());
  CHECK(test.expire().lost.empty());
  CHECK(test.event_types(id).back() == "task.suspended");
}

TEST_CASE("an attempt may suspend before it was seen to start", "[suspend][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.claim_one();
  REQUIRE(test.wait(key, StepsTest::for_signal("go")).result == WaitAnswer::Result::waiting);
  CHECK(test.suspend(key).status == Status::waiting);
  CHECK(test.status(id) == Status::waiting);
}

TEST_CASE("a task that suspends and waits for nothing goes straight back", "[suspend][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  test.now += 1s;
  const Finished finished = test.suspend(test.start_one());
  CHECK(finished.status == Status::queued);
  CHECK(finished.retry_at == test.now);
  const auto types = test.event_types(id);
  REQUIRE(types.size() == 5);
  CHECK(types[3] == "task.suspended");
  CHECK(types[4] == "task.resumed");
  CHECK(test.last_event_data(id, "task.resumed") == R"({"by":"nothing"})");
  CHECK(test.claim_one().task == id);
}

TEST_CASE("what came between the asking and the suspending is not lost", "[suspend][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.wait(key, StepsTest::for_signal("go")).result == WaitAnswer::Result::waiting);
  const SignalSent sent = test.send(id, "go", "5");
  CHECK(sent.result == SignalSent::Result::sent);
  CHECK_FALSE(sent.resumed);
  CHECK(test.status(id) == Status::running);
  const Finished finished = test.suspend(key);
  CHECK(finished.status == Status::queued);
  CHECK(finished.retry_at == test.now);
  CHECK(test.last_event_data(id, "task.resumed") == R"({"wait":"approval","by":"signal"})");
  CHECK_THAT(test.replay(StepsTest::for_signal("go")), Catch::Contains("\"payload\":5"));
}

TEST_CASE("what the attempt was told does not send it back", "[suspend][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.wait(key, StepsTest::for_signal("go")).result == WaitAnswer::Result::waiting);
  test.send(id, "go");
  REQUIRE(test.wait(key, StepsTest::for_signal("go")).result == WaitAnswer::Result::done);
  REQUIRE(test.wait(key, StepsTest::sleep_until(test.now + 1h)).result == WaitAnswer::Result::waiting);
  CHECK(test.suspend(key).status == Status::waiting);
}

TEST_CASE("a cancel request turns suspending into cancelled, and a waiting task is cancelled at once", "[suspend][cancel][conformance]") {
  StepsTest test;
  const TaskId running = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.wait(key, StepsTest::sleep_until(test.now + 1h)).result == WaitAnswer::Result::waiting);
  test.cancel(running);
  CHECK(test.suspend(key).status == Status::cancelled);
  CHECK(all_steps(*test.reader, running).empty());
  const TaskId waiting = test.make_waiting(StepsTest::sleep_until(test.now + 1h));
  CHECK(test.cancel(waiting).result == CancelResult::cancelled);
  CHECK(test.status(waiting) == Status::cancelled);
  CHECK(all_steps(*test.reader, waiting).empty());
  test.now += 2h;
  CHECK(test.claim().empty());
  REQUIRE(test.retry(waiting) == RetryResult::requeued);
  CHECK(test.claim_one().task == waiting);
}

TEST_CASE("the first of several waits resumes the task, the others go on", "[suspend][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.wait(key, StepsTest::for_signal("a", "one")).result == WaitAnswer::Result::waiting);
  REQUIRE(test.wait(key, StepsTest::for_signal("b", "two")).result == WaitAnswer::Result::waiting);
  REQUIRE(test.suspend(key).status == Status::waiting);
  CHECK(test.send(id, "b").resumed);
  const ClaimKey next = test.start_one();
  CHECK(test.wait(next, StepsTest::for_signal("a", "one")).result == WaitAnswer::Result::waiting);
  CHECK(test.wait(next, StepsTest::for_signal("b", "two")).result == WaitAnswer::Result::done);
  CHECK(test.suspend(next).status == Status::waiting);
  CHECK(test.send(id, "a").resumed);
  CHECK(test.count_events(id, "task.resumed") == 2);
}

}  // namespace reeve::store::conformance
