// Rates of each concurrency key of a kind.
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct KeyRatesTest : StoreTest {
  Rate rate{.limit = 2, .per = 1s, .burst = 1};
  bool rated = true;

  static NewTask keyed(std::string key, int limit = 100, std::string kind = "echo") {
    NewTask fresh = task(std::move(kind));
    Concurrency concurrency;
    concurrency.key = std::move(key);
    concurrency.limit = limit;
    fresh.concurrency = concurrency;
    return fresh;
  }
  void add(int count, const NewTask& fresh) {
    EnqueueRequest request;
    request.tasks.assign(static_cast<std::size_t>(count), fresh);
    enqueue_all(std::move(request));
  }
  ClaimAnswer claim_rated(int limit = 100) {
    ClaimRequest request = claim_request(limit);
    if (rated) request.kinds[0].key_rate = rate;
    return claim(request);
  }
  std::vector<TaskId> claimed(int limit = 100) {
    std::vector<TaskId> ids;
    for (const Task& task : claim_rated(limit).tasks) ids.push_back(task.id);
    return ids;
  }
  void end(TaskId id) { REQUIRE(finish(succeeded({id, get(id).epoch})).recorded); }
};

using Ids = std::vector<TaskId>;

}  // namespace

TEST_CASE("each key of a kind has a bucket of its own, and tasks without a key none", "[key_rate][conformance]") {
  KeyRatesTest test;
  test.add(5, KeyRatesTest::keyed("a"));
  test.add(5, KeyRatesTest::keyed("b"));
  test.add(5, KeyRatesTest::task());
  test.add(5, KeyRatesTest::keyed("a", 100, "report"));
  ClaimAnswer answer = test.claim_rated();
  std::map<std::string, int> started;
  for (const Task& task : answer.tasks) ++started[task.kind + (task.concurrency ? task.concurrency->key : "-")];
  CHECK(started == std::map<std::string, int>{{"echoa", 1}, {"echob", 1}, {"echo-", 5}, {"reporta", 5}});
  CHECK(answer.next_due == test.now + 500ms);
  CHECK(answer.rate_limited);
  test.now += 499ms;
  CHECK(test.claimed().empty());
  test.now += 1ms;
  CHECK(test.claimed().size() == 2);
  CHECK(test.reader->check().empty());
}

TEST_CASE("a quiet time gives a burst, and then one each time a token comes", "[key_rate][conformance]") {
  KeyRatesTest test;
  test.rate.burst = 3;
  test.add(8, KeyRatesTest::keyed("a"));
  CHECK(test.claimed() == Ids{TaskId{1}, TaskId{2}, TaskId{3}});
  for (int id = 4; id <= 8; ++id) {
    test.now += 499ms;
    CHECK(test.claimed().empty());
    test.now += 1ms;
    CHECK(test.claimed() == Ids{TaskId{id}});
    CHECK(test.reader->check().empty());
  }
  const ClaimAnswer answer = test.claim_rated();
  CHECK_FALSE(answer.rate_limited);
}

TEST_CASE("a key without tokens hides nobody, and the order among its own stays", "[key_rate][conformance]") {
  KeyRatesTest test;
  NewTask first = KeyRatesTest::keyed("a");
  NewTask urgent = KeyRatesTest::keyed("a");
  urgent.priority = 9;
  test.add(50, first);
  CHECK(test.claimed() == Ids{TaskId{1}});
  const TaskId free = test.enqueue();
  const TaskId later = test.enqueue(urgent);
  CHECK(test.claimed() == Ids{free});
  test.now += 500ms;
  CHECK(test.claimed() == Ids{later});
  test.now += 500ms;
  CHECK(test.claimed() == Ids{TaskId{2}});
  CHECK(test.reader->check().empty());
}

TEST_CASE("the limit of the key holds beside its rate", "[key_rate][keys][conformance]") {
  KeyRatesTest test;
  test.add(3, KeyRatesTest::keyed("a", 1));
  CHECK(test.claimed() == Ids{TaskId{1}});
  test.now += 10s;
  CHECK(test.claimed().empty());
  test.end(TaskId{1});
  CHECK(test.claimed() == Ids{TaskId{2}});
  test.end(TaskId{2});
  CHECK(test.claimed().empty());
  CHECK(test.reader->check().empty());
  test.now += 500ms;
  CHECK(test.claimed() == Ids{TaskId{3}});
}

TEST_CASE("one that was let go and cancelled leaves its token to the next", "[key_rate][conformance]") {
  KeyRatesTest test;
  test.add(4, KeyRatesTest::keyed("a"));
  CHECK(test.claimed() == Ids{TaskId{1}});
  CHECK(test.claimed().empty());
  test.now += 500ms;
  CHECK(test.claim_rated(0).tasks.empty());      // makes ready what has become due, and takes nothing
  CHECK(test.cancel(TaskId{2}).result == CancelResult::cancelled);
  CHECK(test.claimed() == Ids{TaskId{3}});
  CHECK(test.claimed().empty());
  test.now += 500ms;
  CHECK(test.claimed() == Ids{TaskId{4}});
  CHECK(test.reader->check().empty());
}

TEST_CASE("another rate counts from the next claim, and none lets all go", "[key_rate][conformance]") {
  KeyRatesTest test;
  test.add(6, KeyRatesTest::keyed("a"));
  CHECK(test.claimed() == Ids{TaskId{1}});
  CHECK(test.claimed().empty());
  test.rate.burst = 3;
  CHECK(test.claimed() == Ids{TaskId{2}, TaskId{3}});
  CHECK(test.claimed().empty());
  test.rated = false;
  CHECK(test.claimed() == Ids{TaskId{4}, TaskId{5}, TaskId{6}});
  CHECK(test.reader->check().empty());
}

TEST_CASE("names of a kind share the buckets of its keys", "[key_rate][conformance]") {
  KeyRatesTest test;
  test.enqueue(KeyRatesTest::keyed("a"));
  test.enqueue(KeyRatesTest::keyed("a", 100, "print"));
  ClaimRequest request = test.claim_request();
  request.kinds[0].key_rate = test.rate;
  request.kinds[0].also = {"print"};
  CHECK(test.claim(request).tasks.size() == 1);
  CHECK(test.claim(request).tasks.empty());
  test.now += 500ms;
  CHECK(test.claim(request).tasks.size() == 1);
}

TEST_CASE("buckets hold over a restart, and are forgotten when they are full", "[key_rate][conformance]") {
  KeyRatesTest test;
  test.add(2, KeyRatesTest::keyed("a"));
  test.add(1, KeyRatesTest::keyed("b"));
  CHECK(test.claimed().size() == 2);
  const auto kept = test.reader->key_rate("echo", "\x1f" "a");
  REQUIRE(kept.has_value());
  CHECK(kept->full_at == to_ms(test.now + 500ms) * 1'000);
  CHECK(test.reader->rates().empty());
  if (!test.reader->facts().location.empty()) {
    test.reader.reset();
    test.store.reset();
    test.store = test.place->open();
    test.reader = test.store->open_reader();
  }
  CHECK(test.claimed().empty());
  test.now += 500ms;
  CHECK(test.claimed() == Ids{TaskId{2}});
  CHECK(test.reader->key_rate("echo", "\x1f" "a").has_value());
  CHECK_FALSE(test.reader->key_rate("echo", "\x1f" "b").has_value());
}

TEST_CASE("a paused task leaves its token to the next of its key", "[key_rate][pause][conformance]") {
  KeyRatesTest test;
  NewTask held = KeyRatesTest::keyed("a");
  held.labels = {{"customer", "acme"}};
  test.enqueue(KeyRatesTest::keyed("a"));
  test.enqueue(held);
  test.enqueue(KeyRatesTest::keyed("a"));
  CHECK(test.claimed() == Ids{TaskId{1}});
  CHECK(test.claimed().empty());
  test.batch([&](Store& s) { return s.queues().pause_label("customer", "acme", "", "uid:0", test.now); });
  test.now += 500ms;
  CHECK(test.claimed() == Ids{TaskId{3}});
  test.batch([&](Store& s) { return s.queues().resume_label("customer", "acme", "uid:0", test.now); });
  CHECK(test.claimed().empty());
  CHECK(test.reader->check().empty());
  test.now += 500ms;
  CHECK(test.claimed() == Ids{TaskId{2}});
}

TEST_CASE("what a key has used up is cut to a rate that was raised, and by a clock that was set back", "[key_rate][conformance]") {
  KeyRatesTest test;
  test.rate = Rate{.limit = 1, .per = 1h, .burst = 1};
  test.add(5, KeyRatesTest::keyed("a"));
  test.now += 2h;   // so that they are still due when the clock is set back
  CHECK(test.claimed() == Ids{TaskId{1}});
  CHECK(test.claimed().empty());
  SECTION("raised") { test.rate.per = 1s; }
  SECTION("set back") {
    test.rate.per = 1s;
    test.now += 3s;
    CHECK(test.claimed().empty());
    test.now += 1s;
    CHECK(test.claimed() == Ids{TaskId{2}});
    test.end(TaskId{2});
    test.now -= 1h;
  }
  const Timestamp since = test.now;
  for (int look = 0; look < 4; ++look) {
    CHECK(test.claimed().empty());
    test.now += 240ms;
  }
  test.now = since + 1s;
  CHECK(test.claimed().size() == 1);
  CHECK(test.reader->check().empty());
}

}  // namespace reeve::store::conformance
