#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("a failed task is retried as a new generation with fresh budgets", "[retry][conformance][case-95]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  REQUIRE(test.progress(test.start_one(), StoreTest::percent(50)));
  test.now += 1min;
  REQUIRE(test.expire().lost.size() == 1);
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Fail{})).recorded);
  test.now += 1s;
  CHECK(test.retry(id) == RetryResult::requeued);
  const Task task = test.get(id);
  CHECK(task.status == Status::queued);
  CHECK(task.generation == 2);
  CHECK((task.attempt == 0 && task.crashes == 0 && task.interruptions == 0 && task.snoozes == 0));
  CHECK(task.run_at == test.now);
  CHECK_FALSE(task.error);
  CHECK_FALSE(task.progress);
  CHECK_FALSE(task.finished_at);
  CHECK(task.epoch == 2);
  CHECK(test.event_types(id).back() == "task.reopened");
  const ClaimKey again = test.start_one();
  CHECK(again.epoch == 3);
  CHECK(test.reader->attempts(id).back().generation == 2);
  REQUIRE(test.finish(StoreTest::succeeded(again)).recorded);
}

TEST_CASE("a cancelled and an expired task can be retried", "[retry][conformance]") {
  StoreTest test;
  CHECK(test.retry(test.make_cancelled()) == RetryResult::requeued);
  NewTask fresh = StoreTest::task("report");
  fresh.expires_at = test.now + 1s;
  const TaskId expired = test.enqueue(fresh);
  test.now += 1s;
  test.expire();
  CHECK(test.retry(expired) == RetryResult::requeued);
  CHECK(test.expire().expired.empty());
  CHECK(test.claim().size() == 2);
}

TEST_CASE("only failed and cancelled tasks are retried", "[retry][conformance][case-105]") {
  StoreTest test;
  CHECK(test.retry(test.make_succeeded()) == RetryResult::succeeded_already);
  const TaskId queued = test.enqueue();
  CHECK(test.retry(queued) == RetryResult::not_terminal);
  test.start_one();
  CHECK(test.retry(queued) == RetryResult::not_terminal);
  CHECK(test.retry(TaskId{4711}) == RetryResult::not_found);
}

TEST_CASE("a retried task holds its dedupe key again, unless another has it", "[retry][dedupe][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k"};
  const TaskId first = test.enqueue(fresh);
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Fail{})).recorded);
  SECTION("free") {
    REQUIRE(test.retry(first) == RetryResult::requeued);
    CHECK(test.enqueue_one(fresh).id == first);
  }
  SECTION("taken meanwhile") {
    const TaskId second = test.enqueue(fresh);
    REQUIRE(test.retry(first) == RetryResult::requeued);
    CHECK_FALSE(test.get(first).dedupe);
    CHECK(test.enqueue_one(fresh).id == second);
    CHECK(test.claim().size() == 2);
  }
}

TEST_CASE("a task may be retried with another payload, and keeps its steps", "[retry][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.batch([&](Store& s) { return s.steps().begin_step(key, "one", "", test.now); });
  test.batch([&](Store& s) { return s.steps().end_step(key, "one", "1", {}, test.now); });
  REQUIRE(test.finish(StoreTest::failed(key, Fail{})).recorded);
  const auto retry_with = [&](const std::string& payload) {
    return test.batch([&](Store& s) { return s.tasks().retry(id, "uid:0", test.now, payload); });
  };
  REQUIRE(retry_with(R"({"n":2})") == RetryResult::requeued);
  CHECK(test.get(id).payload == R"({"n":2})");
  CHECK(all_steps(*test.reader, id).size() == 1);
  CHECK(test.events(id).back().data.find("\"payload_changed\":true") != std::string::npos);
  CHECK(retry_with("3") == RetryResult::not_terminal);
  const std::vector<Task> claimed = test.claim(1);
  REQUIRE(claimed.size() == 1);
  CHECK(claimed[0].payload == R"({"n":2})");
  REQUIRE(test.finish(StoreTest::failed({id, claimed[0].epoch}, Fail{})).recorded);
  SECTION("the same payload is no change") {
    REQUIRE(retry_with(R"({"n":2})") == RetryResult::requeued);
    CHECK(test.events(id).back().data.find("payload_changed") == std::string::npos);
  }
  SECTION("none keeps it") {
    REQUIRE(test.retry(id) == RetryResult::requeued);
    CHECK(test.get(id).payload == R"({"n":2})");
  }
  CHECK(test.reader->check().empty());
}

TEST_CASE("a terminal task is removed with all that belongs to it", "[remove][conformance][case-233]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.labels = {{"a", "1"}};
  const TaskId id = test.enqueue(fresh);
  const ClaimKey key = test.start_one();
  REQUIRE(test.log(key, {"one", "two"}));
  REQUIRE(test.progress(key, StoreTest::percent(1)));
  REQUIRE(test.finish(StoreTest::failed(key, Fail{})).recorded);
  CHECK(test.remove(id) == RemoveResult::removed);
  CHECK_FALSE(test.reader->get(id));
  CHECK(test.reader->attempts(id).empty());
  LogQuery lines;
  lines.task = id;
  CHECK(test.reader->log(lines).lines.empty());
  CHECK(test.event_types(id) == std::vector<std::string>{"task.deleted"});
  CHECK(test.counts().empty());
  ListQuery list;
  list.selector.labels = {{"a", "1"}};
  CHECK(test.reader->list(list, test.now).tasks.empty());
  CHECK(test.remove(id) == RemoveResult::not_found);
}

TEST_CASE("open tasks are not removed", "[remove][conformance][case-233]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  CHECK(test.remove(id) == RemoveResult::not_terminal);
  test.start_one();
  CHECK(test.remove(id) == RemoveResult::not_terminal);
}

TEST_CASE("an id is not used again after its task was removed", "[remove][conformance][promise-I8]") {
  StoreTest test;
  const TaskId id = test.make_cancelled();
  const Cursor last = test.reader->last_event();
  REQUIRE(test.remove(id) == RemoveResult::removed);
  CHECK(test.enqueue() > id);
  CHECK(test.reader->last_event() > last);
}

}  // namespace reeve::store::conformance
