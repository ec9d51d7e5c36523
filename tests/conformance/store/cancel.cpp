#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("a queued task is cancelled at once and never starts", "[cancel][conformance][promise-I29]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const CancelAnswer answer = test.cancel(id, "wrong customer");
  CHECK(answer.result == CancelResult::cancelled);
  CHECK(answer.status == Status::cancelled);
  CHECK_FALSE(answer.running);
  const Task task = test.get(id);
  CHECK(task.status == Status::cancelled);
  CHECK(task.finished_at == test.now);
  CHECK(task.cancel_reason == "wrong customer");
  CHECK(task.error->code == "cancelled");
  CHECK(test.claim().empty());
  const auto events = test.events(id);
  REQUIRE(events.size() == 2);
  CHECK(events[1].type == "task.cancelled");
  CHECK(events[1].actor == "uid:0");
}

TEST_CASE("a scheduled and a retrying task are cancelled at once", "[cancel][conformance]") {
  StoreTest test;
  NewTask later = StoreTest::task();
  later.run_at = test.now + 1h;
  CHECK(test.cancel(test.enqueue(later)).result == CancelResult::cancelled);
  const TaskId id = test.enqueue();
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Requeue{test.now + 1h})).recorded);
  CHECK(test.cancel(id).result == CancelResult::cancelled);
  test.now += 2h;
  CHECK(test.claim().empty());
}

TEST_CASE("of a running task the request is recorded and its attempt named", "[cancel][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  const CancelAnswer answer = test.cancel(id, "too slow");
  CHECK(answer.result == CancelResult::requested);
  CHECK(answer.status == Status::running);
  CHECK(answer.running == key);
  CHECK(test.get(id).cancel_requested_at == test.now);
  CHECK(test.state(id) == State::cancelling);
}

TEST_CASE("a second cancel keeps the first reason and time", "[cancel][conformance][case-41]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  const Timestamp first = test.now;
  test.cancel(id, "first");
  test.now += 1s;
  const CancelAnswer second = test.cancel(id, "second");
  CHECK(second.result == CancelResult::already_requested);
  CHECK(second.running == key);
  CHECK(test.get(id).cancel_requested_at == first);
  CHECK(test.get(id).cancel_reason == "first");
}

TEST_CASE("a cancelled attempt ends cancelled though attempts remain", "[cancel][finish][conformance][case-33]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.cancel(id, "too slow");
  Status expected = Status::cancelled;
  SECTION("said so") { CHECK(test.finish(StoreTest::failed(key, Cancel{}, Outcome::cancelled)).status == expected); }
  SECTION("it wanted a retry") { CHECK(test.finish(StoreTest::failed(key, Requeue{test.now})).status == expected); }
  SECTION("it failed") { CHECK(test.finish(StoreTest::failed(key, Fail{})).status == expected); }
  SECTION("its runner was lost") {
    test.now += 1min;
    REQUIRE(test.expire().lost.size() == 1);
  }
  const Task task = test.get(id);
  CHECK(task.status == expected);
  CHECK(task.error->code == "cancelled");
  CHECK(test.event_types(id).back() == "task.cancelled");
  CHECK(test.claim().empty());
}

TEST_CASE("a completion that came first stands", "[cancel][finish][conformance][case-35][case-40]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  SECTION("requested, then succeeded all the same") {
    test.cancel(id);
    CHECK(test.finish(StoreTest::succeeded(key)).status == Status::succeeded);
  }
  SECTION("succeeded, then cancelled") {
    REQUIRE(test.finish(StoreTest::succeeded(key)).recorded);
    const CancelAnswer answer = test.cancel(id);
    CHECK(answer.result == CancelResult::already_terminal);
    CHECK(answer.status == Status::succeeded);
  }
  CHECK(test.status(id) == Status::succeeded);
}

TEST_CASE("a cancel between claim and start ends cancelled", "[cancel][conformance][case-43]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.claim_one();
  CHECK(test.cancel(id).running == key);
  CHECK(test.state(id) == State::cancelling);
  CHECK(test.finish(StoreTest::failed(key, Cancel{"cancelled"}, Outcome::cancelled)).status == Status::cancelled);
}

TEST_CASE("a cancel code is kept", "[cancel][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Cancel{"superseded"}, Outcome::cancelled)).recorded);
  CHECK(test.get(id).error->code == "superseded");
}

TEST_CASE("terminal and unknown tasks are not cancelled", "[cancel][conformance]") {
  StoreTest test;
  const TaskId failed = test.make_failed();
  const std::string before = test.everything(failed);
  CHECK(test.cancel(failed).result == CancelResult::already_terminal);
  CHECK(test.everything(failed) == before);
  CHECK(test.cancel(TaskId{4711}).result == CancelResult::not_found);
}

}  // namespace reeve::store::conformance
