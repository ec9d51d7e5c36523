// Tasks that come after others: when they start, when they are cancelled, and what is told of them.
#include "store/life.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct AfterTest : StoreTest {
  static AfterTask on(TaskId id) {
    AfterTask after;
    after.task = id;
    return after;
  }
  static AfterTask on_item(std::size_t item) {
    AfterTask after;
    after.item = item;
    return after;
  }
  static NewTask after(const std::vector<TaskId>& ids, AfterPolicy policy = AfterPolicy::success) {
    NewTask fresh = task("report");
    for (const TaskId id : ids) fresh.after.push_back(on(id));
    fresh.after_policy = policy;
    return fresh;
  }
  EnqueueRefused refuse(NewTask fresh) {
    EnqueueRequest request;
    request.tasks.push_back(std::move(fresh));
    return std::get<EnqueueRefused>(enqueue_all(request));
  }
  // Takes the task, which must be among those that may start, and ends it.
  Finished run(TaskId id, NextState next = Succeed{}) {
    for (const Task& task : claim()) taken[task.id] = ClaimKey{task.id, task.epoch};
    REQUIRE(taken.contains(id));
    const bool well = std::holds_alternative<Succeed>(next);
    return finish(well ? succeeded(taken.at(id)) : failed(taken.at(id), std::move(next)));
  }
  bool is_held(TaskId id) { return (get(id).block & static_cast<int>(Block::dependency)) != 0; }
  std::optional<Status> how(TaskId id, TaskId other) {
    for (const Dependency& one : reader->dependencies(id).on)
      if (one.task == other) return one.ended;
    FAIL("it does not come after that one");
    return std::nullopt;
  }
  void check_sound() { CHECK(reader->check() == std::vector<std::string>{}); }
  std::map<TaskId, ClaimKey> taken{};
};

}  // namespace

TEST_CASE("a task starts when the one that it comes after has succeeded", "[after][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  const TaskId second = test.enqueue(AfterTest::after({first}));
  CHECK(test.is_held(second));
  CHECK(test.state(second) == State::blocked);
  CHECK(test.reader->dependencies(second).open == 1);
  CHECK(test.reader->dependencies(first).dependents == std::vector<TaskId>{second});
  test.check_sound();
  const ClaimKey key = test.start_one();
  CHECK(key.task == first);
  CHECK(test.claim().empty());
  CHECK(test.finish(StoreTest::succeeded(key)).let_go);
  CHECK_FALSE(test.is_held(second));
  CHECK(test.how(second, first) == Status::succeeded);
  CHECK(test.reader->dependencies(first).dependents.empty());
  CHECK(test.claim_one().task == second);
  test.check_sound();
}

TEST_CASE("the end of a task that nobody comes after lets nobody go", "[after][conformance]") {
  AfterTest test;
  const TaskId only = test.enqueue();
  CHECK_FALSE(test.run(only).let_go);
  CHECK(test.reader->dependencies(only) == Dependencies{});
}

TEST_CASE("a task waits for all that it comes after, each counted once", "[after][conformance]") {
  AfterTest test;
  const TaskId a = test.enqueue(), b = test.enqueue(), c = test.enqueue();
  const TaskId last = test.enqueue(AfterTest::after({c, a, b, a, c}));
  CHECK(test.reader->dependencies(last).on.size() == 3);
  CHECK(test.reader->dependencies(last).on[0].task == a);
  CHECK_FALSE(test.run(b).let_go);
  CHECK_FALSE(test.run(a).let_go);
  CHECK(test.is_held(last));
  CHECK(test.reader->dependencies(last).open == 1);
  CHECK(test.run(c).let_go);
  CHECK_FALSE(test.is_held(last));
  test.run(last);
  test.check_sound();
}

TEST_CASE("a task whose dependency does not succeed is cancelled and says why", "[after][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue(), other = test.enqueue();
  const TaskId second = test.enqueue(AfterTest::after({first, other}));
  const bool fails = GENERATE(true, false);
  if (fails) test.run(first, Fail{});
  else test.cancel(first);
  const Task task = test.get(second);
  CHECK(task.status == Status::cancelled);
  REQUIRE(task.error.has_value());
  CHECK(task.error->code == dependency_failed_code);
  CHECK(task.error->message == "task " + std::to_string(number(first)) + ", which it comes after, " + (fails ? "failed" : "was cancelled"));
  CHECK(test.event_types(second) == std::vector<std::string>{"task.enqueued", "task.cancelled"});
  CHECK(test.events(second).back().actor == "task:" + std::to_string(number(first)));
  CHECK(test.how(second, other) == std::nullopt);
  test.run(other);
  CHECK(test.how(second, other) == Status::succeeded);
  CHECK(test.get(second).status == Status::cancelled);
  test.check_sound();
}

TEST_CASE("under the policy finished any end will do", "[after][conformance]") {
  AfterTest test;
  const TaskId fails = test.enqueue(), is_cancelled = test.enqueue(), is_lost = test.enqueue();
  const TaskId last = test.enqueue(AfterTest::after({fails, is_cancelled, is_lost}, AfterPolicy::finished));
  CHECK(test.reader->dependencies(last).policy == AfterPolicy::finished);
  test.cancel(is_cancelled);
  test.run(fails, Fail{});
  CHECK(test.is_held(last));
  test.run(is_lost, Fail{});
  CHECK_FALSE(test.is_held(last));
  CHECK(test.how(last, is_cancelled) == Status::cancelled);
  CHECK(test.how(last, fails) == Status::failed);
  test.check_sound();
}

TEST_CASE("what ended before the enqueue counts at once, as if it had ended after it", "[after][conformance]") {
  AfterTest test;
  const TaskId good = test.make_succeeded(), bad = test.make_failed(), gone = test.make_cancelled();
  const TaskId starts = test.enqueue(AfterTest::after({good}));
  CHECK_FALSE(test.is_held(starts));
  CHECK(test.how(starts, good) == Status::succeeded);
  const TaskId open = test.enqueue();
  const TaskId doomed = test.enqueue(AfterTest::after({good, gone, bad, open}));
  CHECK(test.status(doomed) == Status::cancelled);
  CHECK(test.get(doomed).error->code == dependency_failed_code);
  CHECK_THAT(test.get(doomed).error->message, Catch::Contains("task " + std::to_string(number(bad)) + ","));
  CHECK(test.event_types(doomed) == std::vector<std::string>{"task.enqueued", "task.cancelled"});
  CHECK_FALSE(test.is_held(test.enqueue(AfterTest::after({bad, gone}, AfterPolicy::finished))));
  const TaskId waits = test.enqueue(AfterTest::after({bad, open}, AfterPolicy::finished));
  CHECK(test.is_held(waits));
  test.check_sound();
}

TEST_CASE("a dependency that is not there is refused by name, and nothing is stored", "[after][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  const EnqueueRefused refused = test.refuse(AfterTest::after({first, TaskId{4711}}));
  CHECK(refused.reason == EnqueueRefused::Reason::unknown_dependency);
  CHECK(refused.message == "there is no task 4711");
  NewTask by_name = StoreTest::task();
  by_name.after.emplace_back().external_id = "order-7";
  CHECK(test.refuse(by_name).message == "there is no task with the external id \"order-7\"");
  const Cursor before = test.reader->last_event();
  EnqueueRequest request;
  request.tasks = {StoreTest::task(), StoreTest::task()};
  request.tasks[1].after = {AfterTest::on_item(1)};
  const auto two = std::get<EnqueueRefused>(test.enqueue_all(request));
  CHECK(two.item == 1);
  CHECK(two.message == "item 1 does not come before it in the request");
  CHECK(test.reader->last_event() == before);
  CHECK(test.enqueue() == TaskId{number(first) + 1});
  NewTask many = StoreTest::task();
  many.after.assign(after_max + 1, AfterTest::on(first));
  CHECK_THROWS_AS(test.enqueue(many), std::invalid_argument);
  many.after.pop_back();
  CHECK(test.reader->dependencies(test.enqueue(many)).on.size() == 1);
}

TEST_CASE("dependencies are told by external id and by place in the request", "[after][conformance]") {
  AfterTest test;
  NewTask named = StoreTest::task();
  named.external_id = "order-7";
  NewTask standing = StoreTest::task();
  standing.dedupe = Dedupe{"d", KeyScope::kind, {}};
  const TaskId stands = test.enqueue(standing);
  EnqueueRequest request;
  request.tasks = {named, standing, StoreTest::task()};
  request.tasks[2].after.emplace_back().external_id = "order-7";
  request.tasks[2].after.push_back(AfterTest::on_item(0));
  request.tasks[2].after.push_back(AfterTest::on_item(1));
  const auto done = std::get<EnqueueDone>(test.enqueue_all(request));
  const Dependencies found = test.reader->dependencies(done.tasks[2].id);
  REQUIRE(found.on.size() == 2);
  CHECK(found.on[0].task == stands);
  CHECK(found.on[1].task == done.tasks[0].id);
  test.check_sound();
}

TEST_CASE("a chain is cancelled to its end when the first fails", "[after][conformance]") {
  AfterTest test;
  constexpr int length = 2'500;
  const TaskId first = test.enqueue();
  EnqueueRequest request;
  for (int i = 0; i < length; ++i) request.tasks.push_back(i == 0 ? AfterTest::after({first}) : StoreTest::task());
  for (int i = 1; i < length; ++i) request.tasks[static_cast<std::size_t>(i)].after = {AfterTest::on_item(static_cast<std::size_t>(i) - 1)};
  const auto done = std::get<EnqueueDone>(test.enqueue_all(request));
  test.run(first, Fail{});
  CHECK(test.counts()["default/echo/cancelled"] == promotion_chunk - 1);
  test.check_sound();
  CHECK(test.claim(test.claim_request()).next_due == test.now);
  CHECK(test.claim(test.claim_request()).next_due == std::nullopt);
  CHECK(test.status(done.tasks.back().id) == Status::cancelled);
  CHECK(test.counts()["default/echo/cancelled"] == length - 1);
  test.check_sound();
}

TEST_CASE("thousands that come after one task are let go in pieces, and none is forgotten", "[after][conformance]") {
  AfterTest test;
  constexpr std::size_t many = 3'000;
  const TaskId first = test.enqueue();
  EnqueueRequest request;
  request.tasks.assign(many, AfterTest::after({first}));
  const auto done = std::get<EnqueueDone>(test.enqueue_all(request));
  CHECK(test.reader->dependencies(first).dependents.size() == 100);
  CHECK(test.reader->dependencies(first).more_dependents);
  ClaimRequest none = test.claim_request(0);
  CHECK(test.run(first).let_go);
  CHECK_FALSE(test.is_held(done.tasks[promotion_chunk - 1].id));
  CHECK(test.is_held(done.tasks[promotion_chunk].id));
  test.check_sound();
  test.cancel(test.enqueue());   // others do not pay for it
  CHECK(test.is_held(done.tasks[promotion_chunk].id));
  SECTION("by the claims that follow") {
    CHECK(test.claim(none).next_due == test.now);
    CHECK(test.claim(none).next_due == test.now);
    test.claim(none);
    CHECK(test.claim(none).next_due == std::nullopt);
    CHECK_FALSE(test.is_held(done.tasks.back().id));
  }
  SECTION("also when the task is deleted meanwhile") {
    REQUIRE(test.remove(first) == RemoveResult::removed);
    test.check_sound();
    for (int i = 0; i < 3; ++i) test.claim(none);
    CHECK_FALSE(test.is_held(done.tasks.back().id));
    CHECK(test.how(done.tasks.back().id, first) == Status::succeeded);
  }
  test.check_sound();
}

TEST_CASE("a task that is retried before all were told is waited for again", "[after][retry][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  EnqueueRequest request;
  request.tasks.assign(1'200, AfterTest::after({first}));
  const auto done = std::get<EnqueueDone>(test.enqueue_all(request));
  test.run(first, Fail{});
  const TaskId told = done.tasks[0].id, untold = done.tasks[1'100].id;
  CHECK(test.status(told) == Status::cancelled);
  REQUIRE(test.retry(first) == RetryResult::requeued);
  test.check_sound();
  CHECK(test.claim(test.claim_request(0)).next_due == std::nullopt);
  CHECK(test.is_held(untold));
  test.taken.clear();
  test.run(first);
  CHECK_FALSE(test.is_held(untold));
  CHECK(test.status(told) == Status::cancelled);
  test.check_sound();
}

TEST_CASE("who retries a task stands above what it came after, and waits for what is open again", "[after][retry][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue(), other = test.enqueue();
  const TaskId second = test.enqueue(AfterTest::after({first, other}));
  test.run(first, Fail{});
  REQUIRE(test.status(second) == Status::cancelled);
  SECTION("what has ended counts, however it did") {
    REQUIRE(test.retry(second) == RetryResult::requeued);
    CHECK(test.is_held(second));
    CHECK(test.reader->dependencies(second).open == 1);
    test.run(other);
    CHECK_FALSE(test.is_held(second));
  }
  SECTION("what was retried first is waited for") {
    REQUIRE(test.retry(first) == RetryResult::requeued);
    REQUIRE(test.retry(second) == RetryResult::requeued);
    CHECK(test.reader->dependencies(second).open == 2);
    test.check_sound();
    test.run(other);
    test.run(first);
    CHECK_FALSE(test.is_held(second));
  }
  SECTION("and cancelled when that fails again") {
    REQUIRE(test.retry(first) == RetryResult::requeued);
    REQUIRE(test.retry(second) == RetryResult::requeued);
    test.taken.erase(first);
    test.run(first, Fail{});
    CHECK(test.status(second) == Status::cancelled);
  }
  SECTION("what is deleted counts as it ended") {
    REQUIRE(test.remove(first) == RemoveResult::removed);
    test.run(other);
    REQUIRE(test.retry(second) == RetryResult::requeued);
    CHECK_FALSE(test.is_held(second));
    CHECK(test.how(second, first) == Status::failed);
  }
  test.check_sound();
}

TEST_CASE("a retry of what a task came after does not hold it back again", "[after][retry][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  const TaskId second = test.enqueue(AfterTest::after({first}, AfterPolicy::finished));
  test.run(first, Fail{});
  CHECK_FALSE(test.is_held(second));
  REQUIRE(test.retry(first) == RetryResult::requeued);
  CHECK_FALSE(test.is_held(second));
  test.check_sound();
}

TEST_CASE("every way to end is told: expiry, a superseding task, a lost lease, a dead runner", "[after][conformance]") {
  AfterTest test;
  NewTask first = StoreTest::task();
  first.max_crashes = 1;
  first.supersede_key = "s";
  first.expires_at = test.now + 10s;
  const TaskId id = test.enqueue(first);
  const TaskId careful = test.enqueue(AfterTest::after({id}));
  const TaskId any = test.enqueue(AfterTest::after({id}, AfterPolicy::finished));
  Status how = Status::cancelled;
  SECTION("it expires in a claim") {
    test.now += 11s;
    test.claim(test.claim_request(0));
  }
  SECTION("it expires") {
    test.now += 11s;
    test.expire();
  }
  SECTION("it is superseded") { test.enqueue(first); }
  SECTION("its lease runs out") {
    test.start_one();
    test.now += 1min;
    test.expire();
    how = Status::failed;
  }
  SECTION("its runner is dead") {
    test.start_one();
    const std::int64_t other = test.open_runner("two");
    test.batch([&](Store& s) { return s.runners().requeue_dead(other, test.now, 100); });
    how = Status::failed;
  }
  CHECK(test.status(id) == how);
  CHECK(test.status(careful) == Status::cancelled);
  CHECK(test.status(any) == Status::queued);
  CHECK_FALSE(test.is_held(any));
  CHECK(test.how(any, id) == how);
  test.check_sound();
}

TEST_CASE("a task that waits for others holds its line, and stands for its key only when it is let go", "[after][keys][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  Concurrency one;
  one.key = "c";
  NewTask keyed = AfterTest::after({first});
  keyed.concurrency = one;
  keyed.order_key = "l";
  const TaskId waits = test.enqueue(keyed);
  NewTask behind = StoreTest::task("report");
  behind.order_key = "l";
  const TaskId in_line = test.enqueue(behind);
  NewTask same_key = StoreTest::task();
  same_key.concurrency = one;
  const TaskId free = test.enqueue(same_key);
  test.check_sound();
  const std::vector<Task> started = test.claim();
  REQUIRE(started.size() == 2);   // the first, and the one with the key; nobody of the line
  CHECK(started[1].id == free);
  CHECK(test.get(in_line).block == static_cast<int>(Block::order));
  CHECK(test.get(waits).block == static_cast<int>(Block::dependency));
  for (const Task& task : started) test.taken[task.id] = ClaimKey{task.id, task.epoch};
  test.run(first);
  CHECK(test.get(waits).block == static_cast<int>(Block::key));
  test.check_sound();
  test.run(free);
  test.run(waits);
  test.run(in_line);
  test.check_sound();
}

TEST_CASE("of thousands with one key that are let go, as many start as fit", "[after][keys][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  EnqueueRequest request;
  request.tasks.assign(50, AfterTest::after({first}));
  Concurrency two;
  two.key = "c";
  two.limit = 2;
  for (NewTask& task : request.tasks) task.concurrency = two;
  test.enqueue_all(request);
  test.run(first);
  test.check_sound();
  CHECK(test.claim().size() == 2);
  test.check_sound();
}

TEST_CASE("a tenant's task gets its place when it is let go", "[after][fair][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  std::vector<TaskId> a, b;
  for (int i = 0; i < 3; ++i) {
    NewTask of_a = AfterTest::after({first});
    of_a.fair_key = "a";
    a.push_back(test.enqueue(of_a));
  }
  for (int i = 0; i < 2; ++i) {
    NewTask of_b = StoreTest::task("report");
    of_b.fair_key = "b";
    b.push_back(test.enqueue(of_b));
  }
  test.check_sound();
  test.cancel(a[2]);
  test.check_sound();
  ClaimRequest only_echo = test.claim_request(1);
  only_echo.kinds = {{"echo", 1}};
  const Task running = test.claim(only_echo).tasks.at(0);
  test.finish(StoreTest::succeeded({running.id, running.epoch}));
  test.check_sound();
  std::vector<TaskId> order;
  for (const Task& task : test.claim()) order.push_back(task.id);
  CHECK(order.size() == 4);
  CHECK(std::find(order.begin(), order.end(), a[0]) < std::find(order.begin(), order.end(), b[1]));
  test.check_sound();
}

TEST_CASE("a task waits for its time as well as for others", "[after][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  NewTask later = AfterTest::after({first});
  later.run_at = test.now + 1h;
  later.fair_key = "a";
  const TaskId id = test.enqueue(later);
  SECTION("the others end first") {
    test.run(first);
    CHECK_FALSE(test.is_held(id));
    CHECK(test.claim().empty());
    CHECK(test.claim(test.claim_request()).next_due == test.now + 1h);
    test.now += 1h;
  }
  SECTION("its time comes first") {
    for (const Task& task : test.claim()) test.taken[task.id] = ClaimKey{task.id, task.epoch};
    test.now += 1h;
    REQUIRE(test.renew({test.taken.at(first)}, test.now + 15s).size() == 1);   // the lease is over, and not taken yet
    CHECK(test.claim().empty());
    CHECK(test.claim(test.claim_request()).next_due == std::nullopt);
    test.finish(StoreTest::succeeded(test.taken.at(first)));
  }
  SECTION("its time has come, and no claim has seen it") {
    for (const Task& task : test.claim()) test.taken[task.id] = ClaimKey{task.id, task.epoch};
    test.now += 1h;
    test.finish(StoreTest::succeeded(test.taken.at(first)));
  }
  test.check_sound();
  CHECK(test.claim_one().task == id);
  test.check_sound();
}

TEST_CASE("a task may expire while it waits for others", "[after][conformance]") {
  AfterTest test;
  const TaskId first = test.enqueue();
  NewTask brief = AfterTest::after({first});
  brief.expires_at = test.now + 5s;
  const TaskId id = test.enqueue(brief);
  const TaskId last = test.enqueue(AfterTest::after({id}));
  test.now += 6s;
  test.claim(test.claim_request(0));
  CHECK(test.get(id).error->code == "expired");
  CHECK(test.get(last).error->code == dependency_failed_code);
  test.run(first);
  CHECK(test.status(id) == Status::cancelled);
  test.check_sound();
}

TEST_CASE("a task comes after its own parent, and staged ones after each other", "[after][conformance]") {
  AfterTest test;
  const TaskId parent = test.enqueue();
  Finish end = StoreTest::succeeded(test.start_one());
  end.staged = {AfterTest::after({parent}), StoreTest::task("report"), AfterTest::after({TaskId{4711}})};
  end.staged[1].after = {AfterTest::on_item(0)};
  const Finished finished = test.finish(end);
  REQUIRE(finished.staged.size() == 3);
  std::vector<std::string> refusals;
  for (const Event& event : test.events(parent))
    if (event.type == "task.enqueue_refused") refusals.push_back(event.data);
  CHECK(refusals == std::vector<std::string>{R"({"kind":"report","reason":"unknown_dependency","payload":{"n":1}})"});
  CHECK_FALSE(test.is_held(finished.staged[0].id));
  CHECK(test.is_held(finished.staged[1].id));
  CHECK(test.reader->dependencies(finished.staged[1].id).on.at(0).task == finished.staged[0].id);
  CHECK(finished.staged[2].id == TaskId{});
  test.check_sound();
}

TEST_CASE("the event of an enqueue tells how many a task comes after", "[after][events][conformance]") {
  AfterTest test;
  const TaskId a = test.enqueue(), b = test.enqueue();
  CHECK(test.events(a).at(0).data.empty());
  CHECK(test.events(test.enqueue(AfterTest::after({a, b, a}))).at(0).data == R"({"after":2})");
}

}  // namespace reeve::store::conformance
