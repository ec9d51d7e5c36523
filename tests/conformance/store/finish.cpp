#include "store/fingerprint.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("a success is recorded with its result, byte for byte", "[finish][conformance][promise-I6]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.now += 42ms;
  const std::string result = "{\"text\":\"\xC3\xA4\",\n \"n\": 1.0}";
  Finish end = StoreTest::succeeded(key, result);
  end.use = {11, 12, 13, 14, 15, 16, 17};
  end.left_children = 2;
  const Finished finished = test.finish(end);
  CHECK(finished.recorded);
  CHECK(finished.status == Status::succeeded);
  CHECK_FALSE(finished.retry_at);
  const Task task = test.get(id);
  CHECK(task.status == Status::succeeded);
  CHECK(task.result == result);
  CHECK(task.finished_at == test.now);
  CHECK(task.attempt == 1);
  CHECK(task.runner == 0);
  CHECK_FALSE(task.lease_expires_at);
  const Attempt attempt = test.reader->attempts(id).at(0);
  CHECK(attempt.outcome == Outcome::succeeded);
  CHECK(attempt.exit_code == 0);
  CHECK(attempt.use == end.use);
  CHECK(attempt.left_children == 2);
  CHECK(test.event_types(id) == std::vector<std::string>{"task.enqueued", "task.claimed", "task.started", "task.succeeded"});
}

TEST_CASE("a success without a result has none", "[finish][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  REQUIRE(test.finish(StoreTest::succeeded(test.start_one(), "")).recorded);
  CHECK_FALSE(test.get(id).result);
}

TEST_CASE("a failed attempt is tried again at the time given", "[finish][retry][conformance][case-81][case-88][case-90]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.progress(key, StoreTest::percent(40)));
  const Timestamp again = test.now + 10s;
  const Finished finished = test.finish(StoreTest::failed(key, Requeue{again}));
  CHECK(finished.status == Status::queued);
  CHECK(finished.retry_at == again);
  const Task task = test.get(id);
  CHECK(task.run_at == again);
  CHECK(task.error == with_fingerprint(StoreTest::error()));
  CHECK_FALSE(task.progress);
  CHECK_FALSE(task.progress_at);
  CHECK(test.state(id) == State::retrying);
  CHECK(test.claim().empty());
  test.now = again;
  const auto tasks = test.claim();
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].attempt == 2);
  CHECK(tasks[0].error == with_fingerprint(StoreTest::error()));
}

TEST_CASE("each attempt keeps its own error and the task the last", "[finish][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  Finish first = StoreTest::failed(test.start_one(), Requeue{test.now});
  first.error->detail = R"({"k":[1]})";
  first.error->signal = 9;
  first.error->core = true;
  first.error->oom = true;
  first.error->stderr_tail = "line\nlast line";
  REQUIRE(test.finish(first).recorded);
  Finish second = StoreTest::failed(test.start_one(), Fail{}, Outcome::rejected);
  second.error->code = "second";
  REQUIRE(test.finish(second).recorded);
  const auto attempts = test.reader->attempts(id);
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].error == with_fingerprint(*first.error));
  CHECK(attempts[1].error == with_fingerprint(*second.error));
  CHECK(test.get(id).error == with_fingerprint(*second.error));
  CHECK(attempts[1].outcome == Outcome::rejected);
  CHECK(attempts[1].number == 2);
}

TEST_CASE("a success keeps the error of the attempt before", "[finish][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Requeue{test.now})).recorded);
  REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded);
  CHECK(test.get(id).error == with_fingerprint(StoreTest::error()));
  CHECK(test.get(id).attempt == 2);
}

TEST_CASE("each budget is charged for what it pays", "[finish][retry][conformance][promise-I13]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const auto end = [&](Budget budget, Outcome outcome) {
    REQUIRE(test.finish(StoreTest::failed(test.start_one(), Requeue{test.now, budget}, outcome)).recorded);
    return test.get(id);
  };
  Task task = end(Budget::interruption, Outcome::interrupted);
  CHECK((task.attempt == 0 && task.interruptions == 1));
  task = end(Budget::snooze, Outcome::snoozed);
  CHECK((task.attempt == 0 && task.snoozes == 1));
  task = end(Budget::crash, Outcome::crashed);
  CHECK((task.attempt == 0 && task.crashes == 1));
  task = end(Budget::attempt, Outcome::failed);
  CHECK((task.attempt == 1 && task.crashes == 1 && task.interruptions == 1 && task.snoozes == 1));
  CHECK(task.epoch == 4);
  const auto types = test.event_types(id);
  CHECK(std::count(types.begin(), types.end(), "task.snoozed") == 1);
  CHECK(std::count(types.begin(), types.end(), "task.retried") == 3);
}

TEST_CASE("a crash that spends the budget fails the task and is counted", "[finish][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Fail{}, Outcome::oom_killed)).recorded);
  CHECK(test.status(id) == Status::failed);
  CHECK(test.get(id).crashes == 1);
  CHECK(test.get(id).attempt == 0);
}

TEST_CASE("a permanent failure fails at once", "[finish][conformance][case-86][case-91]") {
  StoreTest test;
  const TaskId id = test.make_failed();
  CHECK(test.status(id) == Status::failed);
  CHECK(test.get(id).finished_at == test.now);
  CHECK(test.get(id).error == with_fingerprint(StoreTest::error()));
  test.now += 24h;
  CHECK(test.claim().empty());
  const TaskId sibling = test.enqueue();
  CHECK(test.claim_one().task == sibling);
}

TEST_CASE("an attempt that ends before its start was recorded brings the start along", "[finish][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  Finish end = StoreTest::succeeded(test.claim_one());
  end.started_at = test.now + 1ms;
  end.pid = 99;
  test.now += 2ms;
  REQUIRE(test.finish(end).recorded);
  CHECK(test.status(id) == Status::succeeded);
  CHECK(test.get(id).started_at == end.started_at);
  CHECK(test.reader->attempts(id).at(0).started_at == end.started_at);
  CHECK(test.reader->attempts(id).at(0).pid == 99);
  std::vector<std::string> types;
  for (const Event& event : test.reader->events({.task = id}).events) types.push_back(event.type);
  CHECK(types == std::vector<std::string>{"task.enqueued", "task.claimed", "task.started", "task.succeeded"});
}

TEST_CASE("a task that could not be started is queued again or failed", "[finish][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  REQUIRE(test.finish(StoreTest::failed(test.claim_one(), Requeue{test.now}, Outcome::spawn_failed)).recorded);
  CHECK(test.status(id) == Status::queued);
  REQUIRE(test.finish(StoreTest::failed(test.claim_one(), Fail{}, Outcome::spawn_failed)).recorded);
  CHECK(test.status(id) == Status::failed);
  CHECK_FALSE(test.get(id).started_at);
}

TEST_CASE("a task ends once", "[finish][conformance][case-3][promise-I4]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.finish(StoreTest::succeeded(key)).recorded);
  const std::string before = test.everything(id);
  const Finished again = test.finish(StoreTest::failed(key, Fail{}));
  CHECK_FALSE(again.recorded);
  CHECK(again.status == Status::succeeded);
  CHECK(test.everything(id) == before);
}

TEST_CASE("finishing what does not exist records nothing", "[finish][conformance]") {
  StoreTest test;
  CHECK_FALSE(test.finish(StoreTest::succeeded({TaskId{4711}, 1})).recorded);
}

TEST_CASE("progress is full at success and gone at requeue", "[finish][progress][conformance][case-195]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.progress(key, StoreTest::percent(40)));
  REQUIRE(test.finish(StoreTest::succeeded(key)).recorded);
  CHECK(test.get(id).progress->percent == 100);
}

}  // namespace reeve::store::conformance
