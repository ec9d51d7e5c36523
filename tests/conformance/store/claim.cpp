#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

std::vector<TaskId> ids(const std::vector<Task>& tasks) {
  std::vector<TaskId> found;
  for (const Task& task : tasks) found.push_back(task.id);
  return found;
}

}  // namespace

TEST_CASE("a claim hands out the whole task under a new epoch", "[claim][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.labels = {{"tenant", "acme"}};
  fresh.metadata = "[1]";
  fresh.overrides = R"({"a":1})";
  const TaskId id = test.enqueue(fresh);
  const ClaimAnswer answer = test.claim(test.claim_request());
  REQUIRE(answer.tasks.size() == 1);
  const Task& task = answer.tasks[0];
  CHECK(task.id == id);
  CHECK(task.payload == fresh.payload);
  CHECK(task.metadata == fresh.metadata);
  CHECK(task.overrides == fresh.overrides);
  CHECK(task.labels == fresh.labels);
  CHECK(task.status == Status::claimed);
  CHECK(task.epoch == 1);
  CHECK(task.attempt == 1);
  CHECK(task.runner == test.runner);
  CHECK(task.lease_expires_at == test.now + 15s);
  CHECK(task.claimed_at == test.now);
  const auto attempts = test.reader->attempts(id);
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].epoch == 1);
  CHECK(attempts[0].number == 1);
  CHECK(attempts[0].runner == test.runner);
  CHECK_FALSE(attempts[0].outcome);
  CHECK(test.event_types(id) == std::vector<std::string>{"task.enqueued", "task.claimed"});
}

TEST_CASE("a task is claimed by exactly one owner", "[claim][conformance][case-26]") {
  StoreTest test;
  test.enqueue();
  int winners = 0;
  for (int i = 0; i < 10; ++i) winners += static_cast<int>(test.claim(1).size());
  CHECK(winners == 1);
}

TEST_CASE("a thousand tasks are each claimed once", "[claim][conformance][case-28]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(1000, StoreTest::task());
  test.enqueue_all(request);
  std::vector<TaskId> taken;
  for (;;) {
    ClaimRequest claim = test.claim_request(64);
    claim.kinds = {{"echo", 64}};
    const auto tasks = test.claim(claim).tasks;
    if (tasks.empty()) break;
    for (const TaskId id : ids(tasks)) taken.push_back(id);
  }
  CHECK(taken.size() == 1000);
  CHECK(std::is_sorted(taken.begin(), taken.end()));
  CHECK(std::adjacent_find(taken.begin(), taken.end()) == taken.end());
}

TEST_CASE("claims go by priority, then the due time, then the id", "[claim][conformance]") {
  StoreTest test;
  const auto add = [&](int priority, Millis ago, std::string kind, std::string queue) {
    NewTask fresh = StoreTest::task(std::move(kind));
    fresh.queue = std::move(queue);
    fresh.priority = priority;
    fresh.run_at = test.now - ago;
    return test.enqueue(fresh);
  };
  const TaskId e = add(4, 0ms, "echo", "a");
  const TaskId d = add(4, 10ms, "report", "b");
  const TaskId f = add(4, 0ms, "report", "a");
  const TaskId g = add(0, 99ms, "echo", "b");
  const TaskId a = add(9, 0ms, "echo", "b");
  const TaskId c = add(5, 5ms, "report", "a");
  const TaskId b = add(9, 0ms, "report", "a");
  SECTION("all at once") { CHECK(ids(test.claim()) == std::vector<TaskId>{a, b, c, d, e, f, g}); }
  SECTION("one by one") {
    std::vector<TaskId> order;
    for (int i = 0; i < 7; ++i) order.push_back(test.claim_one().task);
    CHECK(order == std::vector<TaskId>{a, b, c, d, e, f, g});
  }
}

TEST_CASE("a task is not claimed before its time and is claimed at it", "[claim][conformance][promise-I26]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.run_at = test.now + 250ms;
  const TaskId id = test.enqueue(fresh);
  CHECK(test.state(id) == State::scheduled);
  const ClaimAnswer early = test.claim(test.claim_request());
  CHECK(early.tasks.empty());
  CHECK(early.next_due == test.now + 250ms);
  test.now += 249ms;
  CHECK(test.claim().empty());
  test.now += 1ms;
  CHECK(test.state(id) == State::queued);
  const ClaimAnswer due = test.claim(test.claim_request());
  CHECK(ids(due.tasks) == std::vector<TaskId>{id});
  CHECK_FALSE(due.next_due);
}

TEST_CASE("a clock that jumps back starts nothing before its time", "[claim][conformance][case-31]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.run_at = test.now + 1s;
  test.enqueue(fresh);
  NewTask other = StoreTest::task("report");
  other.run_at = test.now + 2s;
  test.enqueue(other);
  test.now += 3s;
  ClaimRequest request = test.claim_request();
  request.kinds = {{"none", 1}};
  CHECK(test.claim(request).tasks.empty());
  test.now -= 90min;
  CHECK(test.claim().empty());
  test.now += 90min;
  CHECK(test.claim().size() == 2);
}

TEST_CASE("a claim takes only the kinds it names, and as many as there is room for", "[claim][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(5, StoreTest::task("echo"));
  for (int i = 0; i < 5; ++i) request.tasks.push_back(StoreTest::task("report"));
  for (int i = 0; i < 5; ++i) request.tasks.push_back(StoreTest::task("stranger"));
  test.enqueue_all(request);
  ClaimRequest claim = test.claim_request();
  claim.kinds = {{"echo", 2}, {"report", 0}};
  CHECK(ids(test.claim(claim).tasks) == std::vector<TaskId>{TaskId{1}, TaskId{2}});
  claim.kinds = {{"report", 3}};
  CHECK(test.claim(claim).tasks.size() == 3);
  claim.kinds = {{"report", 3}, {"echo", 100}};
  claim.limit = 4;
  CHECK(test.claim(claim).tasks.size() == 4);
  CHECK(test.counts()["default/stranger/queued"] == 5);
}

TEST_CASE("a queue's room holds for all its kinds together", "[claim][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  for (const char* queue : {"a", "b"})
    for (const char* kind : {"echo", "report"})
      for (int i = 0; i < 3; ++i) {
        request.tasks.push_back(StoreTest::task(kind));
        request.tasks.back().queue = queue;
      }
  test.enqueue_all(request);
  ClaimRequest claim = test.claim_request();
  claim.queues = {{"a", 2}};
  const auto tasks = test.claim(claim).tasks;
  CHECK(std::count_if(tasks.begin(), tasks.end(), [](const Task& task) { return task.queue == "a"; }) == 2);
  CHECK(std::count_if(tasks.begin(), tasks.end(), [](const Task& task) { return task.queue == "b"; }) == 6);
}

TEST_CASE("what cannot be claimed never hides what can", "[claim][conformance][case-70][promise-I27]") {
  StoreTest test;
  EnqueueRequest request;
  for (int i = 0; i < 1500; ++i) {
    request.tasks.push_back(StoreTest::task(i % 2 == 0 ? "report" : "stranger"));
    request.tasks.back().priority = 9;
  }
  test.enqueue_all(request);
  const TaskId free = test.enqueue();
  ClaimRequest claim = test.claim_request(1);
  claim.kinds = {{"report", 0}, {"echo", 1}};
  CHECK(ids(test.claim(claim).tasks) == std::vector<TaskId>{free});
}

TEST_CASE("however many become due at once, the claim that is repeated finds each", "[claim][conformance][promise-I27]") {
  StoreTest test;
  EnqueueRequest request;
  for (int i = 0; i < 2500; ++i) {
    request.tasks.push_back(StoreTest::task("stranger"));
    request.tasks.back().run_at = test.now + 1s;
  }
  request.tasks.push_back(StoreTest::task("echo"));
  request.tasks.back().run_at = test.now + 2s;
  test.enqueue_all(request);
  test.now += 5s;
  std::vector<Task> found;
  for (int round = 0; found.empty() && round < 4; ++round) {
    const ClaimAnswer answer = test.claim(test.claim_request());
    found = answer.tasks;
    if (found.empty()) REQUIRE(answer.next_due == test.now);
  }
  REQUIRE(found.size() == 1);
  CHECK(found[0].kind == "echo");
}

TEST_CASE("an expired task is cancelled and not claimed", "[claim][expire][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.expires_at = test.now + 10s;
  const TaskId id = test.enqueue(fresh);
  fresh.run_at = test.now + 1h;
  test.enqueue(fresh);
  ClaimRequest nothing = test.claim_request();
  nothing.kinds.clear();
  CHECK(test.claim(nothing).next_due == test.now + 10s);
  test.now += 10s;
  CHECK(test.claim().empty());
  const Task task = test.get(id);
  CHECK(task.status == Status::cancelled);
  CHECK(task.error->code == "expired");
}

TEST_CASE("a limit of nothing claims nothing", "[claim][conformance]") {
  StoreTest test;
  test.enqueue();
  CHECK(test.claim(0).empty());
  ClaimRequest claim = test.claim_request();
  claim.kinds.clear();
  CHECK(test.claim(claim).tasks.empty());
}

TEST_CASE("a started task is running and says by whom", "[start][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.claim_one();
  test.now += 5ms;
  REQUIRE(test.start(key));
  const Task task = test.get(id);
  CHECK(task.status == Status::running);
  CHECK(task.started_at == test.now);
  const Attempt attempt = test.reader->attempts(id).at(0);
  CHECK(attempt.started_at == test.now);
  CHECK(attempt.pid == 123);
  CHECK(attempt.executor == "process");
  CHECK(test.start(key));
  CHECK(test.event_types(id) == std::vector<std::string>{"task.enqueued", "task.claimed", "task.started"});
}

TEST_CASE("a start under another epoch is refused", "[start][fencing][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.claim_one();
  CHECK_FALSE(test.start({key.task, key.epoch + 1}));
  CHECK_FALSE(test.start({TaskId{4711}, 1}));
  CHECK(test.status(id) == Status::claimed);
}

}  // namespace reeve::store::conformance
