#include "store/fingerprint.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct Failing : StoreTest {
  TaskId fail(const NewTask& fresh, const std::string& message, NextState next = Fail{}) {
    const TaskId id = enqueue(fresh);
    Finish end = failed(start_one(), std::move(next));
    end.error->message = message;
    REQUIRE(finish(end).recorded);
    return id;
  }
  std::vector<FailureGroup> groups(const FailureQuery& query = {}) { return reader->failures(query).groups; }
  std::vector<TaskId> found(const Selector& selector) {
    ListQuery list;
    list.selector = selector;
    list.order = Order::oldest_first;
    std::vector<TaskId> ids;
    for (const Task& task : reader->list(list, now).tasks) ids.push_back(task.id);
    return ids;
  }
};

}  // namespace

TEST_CASE("an error is recorded with its fingerprint, with the task and with the attempt", "[failures][conformance]") {
  Failing test;
  const TaskId id = test.fail(StoreTest::task(), "row 17 is locked", Requeue{test.now, Budget::attempt});
  const Task retrying = test.get(id);
  REQUIRE(retrying.error);
  CHECK(retrying.error->fingerprint == fingerprint_of(*retrying.error));
  CHECK(is_fingerprint(retrying.error->fingerprint));
  const std::string first = retrying.error->fingerprint;
  Finish end = StoreTest::failed(test.start_one(), Fail{});
  end.error->message = "no such table";
  REQUIRE(test.finish(end).recorded);
  const std::string second = test.get(id).error->fingerprint;
  CHECK(second != first);
  const std::vector<Attempt> attempts = test.reader->attempts(id);
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0].error->fingerprint == first);
  CHECK(attempts[1].error->fingerprint == second);
  REQUIRE(test.retry(id) == RetryResult::requeued);
  CHECK_FALSE(test.get(id).error);
  CHECK(test.reader->check().empty());
}

TEST_CASE("cancelled, expired and lost tasks have fingerprints, too", "[failures][conformance]") {
  Failing test;
  CHECK(is_fingerprint(test.get(test.make_cancelled()).error->fingerprint));
  const TaskId lost = test.enqueue();
  test.start_one();
  test.now += 1min;
  REQUIRE(test.expire().lost.size() == 1);
  CHECK(is_fingerprint(test.get(lost).error->fingerprint));
  CHECK(test.groups().empty());
  CHECK(test.reader->check().empty());
}

TEST_CASE("failed tasks are counted by fault and kind, the newest first", "[failures][conformance][case-D95]") {
  Failing test;
  const TaskId oldest = test.fail(StoreTest::task(), "row 17 is locked");
  const Timestamp begin = test.now;
  test.now += 1s;
  test.fail(StoreTest::task("report"), "row 18 is locked");
  test.now += 1s;
  const TaskId newest = test.fail(StoreTest::task(), "row 19 is locked");
  test.now += 1s;
  const TaskId other = test.fail(StoreTest::task(), "no such table");
  test.make_succeeded();
  test.make_cancelled();
  const std::vector<FailureGroup> groups = test.groups();
  REQUIRE(groups.size() == 3);
  CHECK(groups[0].newest == other);
  CHECK(groups[0].message == "no such table");
  CHECK(groups[1].kind == "echo");
  CHECK(groups[1].count == 2);
  CHECK(groups[1].code == "exit");
  CHECK(groups[1].message == "row 19 is locked");
  CHECK(groups[1].newest == newest);
  CHECK(groups[1].first == begin);
  CHECK(groups[1].last == begin + 2s);
  CHECK(groups[2].kind == "report");
  CHECK(groups[1].fingerprint == groups[2].fingerprint);
  CHECK(groups[1].fingerprint == test.get(oldest).error->fingerprint);
  REQUIRE(test.retry(newest) == RetryResult::requeued);
  CHECK(test.groups().at(2).message == "row 17 is locked");
  REQUIRE(test.remove(oldest) == RemoveResult::removed);
  CHECK(test.groups().size() == 2);
}

TEST_CASE("of commands that ended with a code the last words tell the faults apart", "[failures][conformance]") {
  Failing test;
  for (const char* tail : {"line 1\nKeyError: 'a'\n", "line 1\nKeyError: 'b'\n", "ValueError\n"}) {
    test.enqueue();
    Finish end = StoreTest::failed(test.start_one(), Fail{});
    end.error->stderr_tail = tail;
    test.now += 1s;
    REQUIRE(test.finish(end).recorded);
  }
  const std::vector<FailureGroup> groups = test.groups();
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].last_words == "ValueError");
  CHECK(groups[1].last_words == "KeyError: 'b'");
  CHECK(groups[1].count == 2);
}

TEST_CASE("failures are told of kinds, of queues, of a time, and of a page", "[failures][conformance]") {
  Failing test;
  NewTask nightly = StoreTest::task();
  nightly.queue = "nightly";
  test.fail(nightly, "one");
  test.fail(StoreTest::task("report"), "two");
  test.now += 10s;
  const Timestamp later = test.now;
  const TaskId latest = test.fail(StoreTest::task(), "one");
  FailureQuery query;
  CHECK(test.groups(query).size() == 2);
  query.queues = {"nightly"};
  REQUIRE(test.groups(query).size() == 1);
  CHECK(test.groups(query)[0].newest != latest);
  query = {};
  query.kinds = {"report", "nobody"};
  REQUIRE(test.groups(query).size() == 1);
  CHECK(test.groups(query)[0].message == "two");
  query = {};
  query.since = later;
  REQUIRE(test.groups(query).size() == 1);
  CHECK(test.groups(query)[0].count == 1);
  query = {};
  query.limit = 1;
  const FailurePage page = test.reader->failures(query);
  CHECK(page.groups.size() == 1);
  CHECK(page.more);
}

TEST_CASE("tasks are found by the fingerprint of their last error", "[failures][conformance]") {
  Failing test;
  const TaskId one = test.fail(StoreTest::task(), "row 17 is locked");
  const TaskId two = test.fail(StoreTest::task(), "row 4 is locked", Requeue{test.now + 1h, Budget::attempt});
  test.fail(StoreTest::task(), "no such table");
  Selector selector;
  selector.fingerprints = {test.get(one).error->fingerprint};
  CHECK(test.found(selector) == std::vector<TaskId>{one, two});
  selector.states = {State::failed};
  CHECK(test.found(selector) == std::vector<TaskId>{one});
  selector.states = {State::retrying};
  CHECK(test.found(selector) == std::vector<TaskId>{two});
  selector.fingerprints = {"0000000000000000"};
  CHECK(test.found(selector).empty());
}

TEST_CASE("tasks are found by their keys, open and ended ones", "[failures][keys][conformance][case-J203]") {
  Failing test;
  NewTask fresh = StoreTest::task();
  Concurrency concurrency;
  concurrency.key = "account,7";
  fresh.concurrency = concurrency;
  fresh.dedupe = Dedupe{"d1"};
  fresh.supersede_key = "s1";
  fresh.order_key = "o1";
  const TaskId ended = test.enqueue(fresh);
  REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded);
  fresh.concurrency->scope = KeyScope::kind;
  fresh.dedupe->window = for_ever;
  const TaskId open = test.enqueue(fresh);
  NewTask other = StoreTest::task();
  other.concurrency = Concurrency{};
  other.concurrency->key = "account";
  other.dedupe = Dedupe{"d2"};
  other.supersede_key = "s2";
  other.order_key = "o2";
  test.enqueue(other);
  test.enqueue();
  const auto check = [&](const Selector& wanted) {
    Selector selector = wanted;
    CHECK(test.found(selector) == std::vector<TaskId>{ended, open});
    selector.states = {State::succeeded};
    CHECK(test.found(selector) == std::vector<TaskId>{ended});
    selector.states = {State::queued, State::blocked};
    CHECK(test.found(selector) == std::vector<TaskId>{open});
    selector.kinds = {"report"};
    CHECK(test.found(selector).empty());
  };
  Selector selector;
  SECTION("concurrency") {
    selector.concurrency_keys = {"account,7", "nobody's"};
    check(selector);
  }
  SECTION("dedupe") {
    selector.dedupe_keys = {"d1", "d9"};
    check(selector);
  }
  SECTION("supersede") {
    selector.supersede_keys = {"s1"};
    check(selector);
  }
  SECTION("order") {
    selector.order_keys = {"o1"};
    check(selector);
  }
  SECTION("all that are given must hold") {
    selector.order_keys = {"o1"};
    selector.dedupe_keys = {"d2"};
    CHECK(test.found(selector).empty());
  }
}

}  // namespace reeve::store::conformance
