// Rates, resources, ageing, shares between queues, turns of tenants: what a claim takes, and what it leaves.
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct LimitsTest : StoreTest {
  static NewTask in(std::string queue, int priority = 4, std::string tenant = {}) {
    NewTask fresh = task();
    fresh.queue = std::move(queue);
    fresh.priority = priority;
    fresh.fair_key = std::move(tenant);
    return fresh;
  }
  void add(int count, const NewTask& fresh) {
    EnqueueRequest request;
    request.tasks.assign(static_cast<std::size_t>(count), fresh);
    enqueue_all(std::move(request));
  }
  [[nodiscard]] ClaimRequest request_with(QueueRoom queue, int limit = 100) const {
    ClaimRequest request = claim_request(limit);
    request.queues = {std::move(queue)};
    return request;
  }
  // The queues of what `count` claims of one task each took, or the tenants.
  std::string order(const ClaimRequest& request, int count, char (*letter)(const Task&)) {
    std::string letters;
    for (int i = 0; i < count; ++i)
      for (const Task& task : claim(request).tasks) letters += letter(task);
    return letters;
  }
  static char queue_letter(const Task& task) { return task.queue.front(); }
  static char tenant_letter(const Task& task) { return task.fair_key.empty() ? '-' : task.fair_key.front(); }
};

QueueRoom weighted(std::string name, int weight) {
  QueueRoom queue;
  queue.name = std::move(name);
  queue.weight = weight;
  return queue;
}

QueueRoom rated(std::string name, Rate rate) {
  QueueRoom queue;
  queue.name = std::move(name);
  queue.rate = rate;
  return queue;
}

}  // namespace

TEST_CASE("a queue's rate gives a burst, then one start each time a token comes", "[limits][conformance]") {
  LimitsTest test;
  test.add(10, LimitsTest::task());
  const ClaimRequest request = test.request_with(rated("default", {.limit = 2, .per = 1s, .burst = 3}));
  ClaimAnswer answer = test.claim(request);
  CHECK(answer.tasks.size() == 3);
  CHECK(answer.next_due == test.now + 500ms);
  CHECK(answer.rate_limited);
  answer = test.claim(request);
  CHECK(answer.tasks.empty());
  CHECK(answer.next_due == test.now + 500ms);
  test.now += 499ms;
  CHECK(test.claim(request).tasks.empty());
  test.now += 1ms;
  CHECK(test.claim(request).tasks.size() == 1);
  test.now += 1h;
  CHECK(test.claim(request).tasks.size() == 3);
}

TEST_CASE("a rate holds over every window of time, however often it is asked for", "[limits][conformance]") {
  LimitsTest test;
  test.add(200, LimitsTest::task());
  ClaimRequest request = test.claim_request();
  request.kinds[0].rate = Rate{.limit = 7, .per = 1s, .burst = 1};
  std::vector<Timestamp> starts;
  for (int i = 0; i < 400; ++i) {
    for (std::size_t taken = test.claim(request).tasks.size(); taken > 0; --taken) starts.push_back(test.now);
    test.now += Millis{i % 40};
  }
  REQUIRE(starts.size() > 40);
  for (std::size_t i = 7; i < starts.size(); ++i) CHECK(starts[i] - starts[i - 7] >= 1s);
}

TEST_CASE("a kind's rate closes that kind and hides no other", "[limits][conformance][promise-I27]") {
  LimitsTest test;
  test.add(5, LimitsTest::task("report"));
  test.add(2, LimitsTest::task("echo"));
  ClaimRequest request = test.claim_request();
  request.kinds[1].rate = Rate{.limit = 1, .per = 1h, .burst = 1};
  CHECK(test.claim(request).tasks.size() == 3);
  const ClaimAnswer answer = test.claim(request);
  CHECK(answer.tasks.empty());
  CHECK(answer.next_due == test.now + 1h);
}

TEST_CASE("a rate that nobody waits for wakes nobody", "[limits][conformance]") {
  LimitsTest test;
  test.add(1, LimitsTest::task());
  const ClaimRequest request = test.request_with(rated("default", {.limit = 1, .per = 1h, .burst = 1}));
  const ClaimAnswer answer = test.claim(request);
  CHECK(answer.tasks.size() == 1);
  CHECK_FALSE(answer.next_due);
  CHECK_FALSE(answer.rate_limited);
}

TEST_CASE("readers see how far a rate is used up", "[limits][conformance]") {
  LimitsTest test;
  CHECK(test.reader->rates().empty());
  test.add(1, LimitsTest::task());
  const Rate rate{.limit = 1, .per = 10s, .burst = 1};
  test.claim(test.request_with(rated("default", rate)));
  const auto rows = test.reader->rates();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].of == RateRow::Of::queue);
  CHECK(rows[0].name == "default");
  CHECK(Bucket(rate, rows[0].full_at, test.now).next() == test.now + 10s);
}

TEST_CASE("a clock that is set back does not close a rate for longer than it could be closed", "[limits][conformance]") {
  LimitsTest test;
  test.add(3, LimitsTest::task());
  const ClaimRequest request = test.request_with(rated("default", {.limit = 1, .per = 10s, .burst = 1}), 1);
  CHECK(test.claim(request).tasks.size() == 1);
  test.now += 1h;
  CHECK(test.claim(request).tasks.size() == 1);
  const Timestamp before = test.now;
  test.now -= 59min;
  const ClaimAnswer answer = test.claim(request);
  CHECK(answer.tasks.empty());
  CHECK(answer.next_due == before - 59min + 10s);
  test.now += 5s;   // a look in between does not put it off
  CHECK(test.claim(request).next_due == before - 59min + 10s);
  test.now += 5s;
  CHECK(test.claim(request).tasks.size() == 1);
}

TEST_CASE("a rate that is raised holds from the next claim on", "[limits][conformance]") {
  LimitsTest test;
  test.add(5, LimitsTest::task());
  const auto by_queue = [&](Rate rate) { return test.claim(test.request_with(rated("default", rate), 1)); };
  const auto by_kind = [&](Rate rate) {
    ClaimRequest request = test.claim_request(1);
    request.kinds[0].rate = rate;
    return test.claim(request);
  };
  const Rate slow{.limit = 1, .per = 1h, .burst = 1};
  const Rate quick{.limit = 1, .per = 1s, .burst = 1};
  const auto is_raised = [&](const auto& claim) {
    CHECK(claim(slow).tasks.size() == 1);
    CHECK(claim(quick).next_due == test.now + 1s);
    test.now += 600ms;
    CHECK(claim(quick).next_due == test.now + 400ms);
    test.now += 400ms;
    CHECK(claim(quick).tasks.size() == 1);
    CHECK(claim(slow).tasks.empty());
  };
  SECTION("of a queue") { is_raised(by_queue); }
  SECTION("of a kind") { is_raised(by_kind); }
}

TEST_CASE("kinds share named resources, and none is given twice", "[limits][conformance][promise-I23]") {
  LimitsTest test;
  test.add(5, LimitsTest::task("report"));
  test.add(5, LimitsTest::task("echo"));
  ClaimRequest request = test.claim_request();
  request.kinds[0].needs = {{"gpu", 1}};
  request.kinds[1].needs = {{"gpu", 2}, {"license", 1}};
  request.resources = {{"gpu", 5}, {"license", 1}};
  const auto tasks = test.claim(request).tasks;
  CHECK(std::count_if(tasks.begin(), tasks.end(), [](const Task& task) { return task.kind == "report"; }) == 1);
  CHECK(std::count_if(tasks.begin(), tasks.end(), [](const Task& task) { return task.kind == "echo"; }) == 3);
  request.resources = {{"license", 9}};
  CHECK(test.claim(request).tasks.empty());
}

TEST_CASE("waiting counts as priority where queues age", "[limits][conformance][promise-I27]") {
  LimitsTest test;
  const TaskId low = test.enqueue(LimitsTest::in("a", 1));
  test.now += 3min;
  const TaskId middle = test.enqueue(LimitsTest::in("a", 4));
  ClaimRequest request = test.claim_request(1);
  SECTION("not without") { CHECK(test.claim(request).tasks.at(0).id == middle); }
  SECTION("two steps are not enough") {
    request.ageing = 90s;
    CHECK(test.claim(request).tasks.at(0).id == middle);
  }
  SECTION("three are, because it has waited longer") {
    request.ageing = 1min;
    CHECK(test.claim(request).tasks.at(0).id == low);
  }
  SECTION("a queue may say otherwise") {
    QueueRoom queue;
    queue.name = "a";
    queue.ageing = 20s;
    request.queues = {queue};
    request.ageing = 1h;
    CHECK(test.claim(request).tasks.at(0).id == low);
  }
}

TEST_CASE("the lowest priority starts within nine steps of ageing under a constant flood of the highest", "[limits][conformance][promise-I27]") {
  LimitsTest test;
  const TaskId low = test.enqueue(LimitsTest::in("a", 0));
  ClaimRequest request = test.claim_request(1);
  request.ageing = 1min;
  for (int minute = 0; minute <= 9; ++minute) {
    test.add(3, LimitsTest::in("a", 9));
    const Task taken = test.claim(request).tasks.at(0);
    if (taken.id == low) {
      CHECK(minute == 9);
      return;
    }
    test.now += 1min;
  }
  FAIL("it starved");
}

TEST_CASE("queues with weights share what is started", "[limits][conformance]") {
  LimitsTest test;
  test.add(60, LimitsTest::in("bulk", 9));
  test.add(60, LimitsTest::in("live", 0));
  ClaimRequest request = test.claim_request(10);
  request.queues = {weighted("bulk", 1), weighted("live", 4)};
  std::map<std::string, int> taken;
  for (int i = 0; i < 5; ++i)
    for (const Task& task : test.claim(request).tasks) ++taken[task.queue];
  CHECK(taken["bulk"] == 10);
  CHECK(taken["live"] == 40);
}

TEST_CASE("a queue that wanted nothing is not paid for it later", "[limits][conformance]") {
  LimitsTest test;
  test.add(40, LimitsTest::in("a"));
  ClaimRequest request = test.claim_request(1);
  request.queues = {weighted("a", 1), weighted("b", 1)};
  CHECK(test.order(request, 20, LimitsTest::queue_letter) == std::string(20, 'a'));
  test.add(20, LimitsTest::in("b"));
  const std::string shared = test.order(request, 10, LimitsTest::queue_letter);
  CHECK(std::count(shared.begin(), shared.end(), 'a') == 5);
}

TEST_CASE("as soon as one queue has a weight, the others count as one", "[limits][conformance]") {
  LimitsTest test;
  test.add(30, LimitsTest::in("plain", 9));
  test.add(30, LimitsTest::in("heavy", 1));
  const std::string order = test.order(test.request_with(weighted("heavy", 2), 1), 12, LimitsTest::queue_letter);
  CHECK(std::count(order.begin(), order.end(), 'h') == 8);
  CHECK(std::count(order.begin(), order.end(), 'p') == 4);
}

TEST_CASE("a tenant with few tasks is not behind one with very many", "[limits][conformance]") {
  LimitsTest test;
  test.add(10'000, LimitsTest::in("shared", 4, "large"));
  test.add(10, LimitsTest::in("shared", 4, "small"));
  std::string order;
  for (const Task& task : test.claim(test.claim_request(20)).tasks) order += LimitsTest::tenant_letter(task);
  CHECK(std::count(order.begin(), order.end(), 's') == 10);
  CHECK(order.substr(0, 8) == "lslslsls");
}

TEST_CASE("a tenant that comes back starts at the present turn", "[limits][conformance]") {
  LimitsTest test;
  test.add(1, LimitsTest::in("shared", 4, "b"));
  const ClaimRequest one = test.claim_request(1);
  CHECK(test.order(one, 1, LimitsTest::tenant_letter) == "b");
  test.add(40, LimitsTest::in("shared", 4, "a"));
  CHECK(test.order(one, 20, LimitsTest::tenant_letter) == std::string(20, 'a'));
  test.add(5, LimitsTest::in("shared", 4, "b"));
  const std::string order = test.order(one, 8, LimitsTest::tenant_letter);
  CHECK(std::count(order.begin(), order.end(), 'b') == 4);
}

TEST_CASE("tasks without a tenant share one turn among the tenants", "[limits][conformance]") {
  LimitsTest test;
  test.add(1, LimitsTest::in("shared", 4, "t"));
  test.add(20, LimitsTest::in("shared", 4));
  test.add(5, LimitsTest::in("shared", 4, "u"));
  CHECK(test.order(test.claim_request(1), 7, LimitsTest::tenant_letter) == "t-u-u-u");
}

TEST_CASE("a tenant's turn comes with the time of its task, not before", "[limits][conformance]") {
  LimitsTest test;
  NewTask later = LimitsTest::in("shared", 4, "l");
  later.run_at = test.now + 1s;
  test.add(3, later);
  test.add(10, LimitsTest::in("shared", 4, "a"));
  const ClaimRequest one = test.claim_request(1);
  CHECK(test.order(one, 4, LimitsTest::tenant_letter) == "aaaa");
  test.now += 1s;
  const std::string order = test.order(one, 6, LimitsTest::tenant_letter);
  CHECK(std::count(order.begin(), order.end(), 'l') == 3);
}

TEST_CASE("what a tenant cancelled is not held against it", "[limits][conformance]") {
  LimitsTest test;
  std::vector<TaskId> cancelled;
  for (int i = 0; i < 50; ++i) cancelled.push_back(test.enqueue(LimitsTest::in("shared", 4, "c")));
  test.add(10, LimitsTest::in("shared", 4, "a"));
  for (const TaskId id : cancelled) test.cancel(id);
  test.add(3, LimitsTest::in("shared", 4, "c"));
  const std::string order = test.order(test.claim_request(1), 6, LimitsTest::tenant_letter);
  CHECK(std::count(order.begin(), order.end(), 'c') == 3);
}

TEST_CASE("a position in line knows the turns of tenants", "[limits][conformance]") {
  LimitsTest test;
  test.add(100, LimitsTest::in("shared", 4, "large"));
  const TaskId small = test.enqueue(LimitsTest::in("shared", 4, "small"));
  CHECK(test.reader->position(small, test.now, 1'000).ahead == 1);
}

}  // namespace reeve::store::conformance
