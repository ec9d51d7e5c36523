// Pauses of kinds and labels: what they hold back, what they leave alone, and what happens when they are taken back.
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct PausesTest : StoreTest {
  bool pause_kind(const std::string& kind) {
    return batch([&](Store& s) { return s.queues().pause_kind(kind, "maintenance", "uid:0", now); });
  }
  bool resume_kind(const std::string& kind) {
    return batch([&](Store& s) { return s.queues().resume_kind(kind, "uid:0", now); });
  }
  bool pause_label(const std::string& key, const std::string& value) {
    return batch([&](Store& s) { return s.queues().pause_label(key, value, "maintenance", "uid:0", now); });
  }
  bool resume_label(const std::string& key, const std::string& value) {
    return batch([&](Store& s) { return s.queues().resume_label(key, value, "uid:0", now); });
  }
  static NewTask labelled(Labels labels, std::string concurrency = {}) {
    NewTask fresh = task();
    fresh.labels = std::move(labels);
    if (concurrency.empty()) return fresh;
    Concurrency one;
    one.key = std::move(concurrency);
    fresh.concurrency = one;
    return fresh;
  }
  std::vector<TaskId> claimed(int limit = 100) {
    std::vector<TaskId> ids;
    for (const Task& task : claim(limit)) ids.push_back(task.id);
    return ids;
  }
  // Until nothing is left that is due.
  std::vector<TaskId> claimed_all() {
    std::vector<TaskId> ids;
    for (bool more = true; more;) {
      ClaimRequest request = claim_request(10'000);
      request.kinds = {{"echo", 10'000}};
      const ClaimAnswer answer = claim(request);
      for (const Task& task : answer.tasks) ids.push_back(task.id);
      more = answer.next_due == now;
    }
    return ids;
  }
  void end(TaskId id) { REQUIRE(finish(succeeded({id, get(id).epoch})).recorded); }
  std::vector<Event> events_after(Cursor cursor) {
    EventQuery query;
    query.after = cursor;
    return reader->events(query).events;
  }
  std::vector<TaskId> in_state(State state) {
    ListQuery query;
    query.selector.states = {state};
    query.order = Order::oldest_first;
    std::vector<TaskId> ids;
    for (const Task& task : reader->list(query, now).tasks) ids.push_back(task.id);
    return ids;
  }
};

using Ids = std::vector<TaskId>;

}  // namespace

TEST_CASE("nothing of a paused kind is claimed, and others of its queue are", "[pause][conformance]") {
  PausesTest test;
  const TaskId held = test.enqueue();
  const TaskId free = test.enqueue(PausesTest::task("report"));
  CHECK(test.pause_kind("echo"));
  CHECK(test.state(held) == State::blocked);
  CHECK(test.state(free) == State::queued);
  CHECK(test.in_state(State::blocked) == Ids{held});
  CHECK(test.claimed() == Ids{free});
  CHECK(test.resume_kind("echo"));
  CHECK(test.state(held) == State::queued);
  CHECK(test.claimed() == Ids{held});
}

TEST_CASE("a pause of a kind holds what was stored under its other names", "[pause][conformance]") {
  PausesTest test;
  const TaskId old = test.enqueue(PausesTest::task("print"));
  test.pause_kind("echo");
  ClaimRequest request = test.claim_request();
  request.kinds[0].also = {"print"};
  CHECK(test.claim(request).tasks.empty());
  test.resume_kind("echo");
  REQUIRE(test.claim(request).tasks.size() == 1);
  CHECK(test.status(old) == Status::claimed);
}

TEST_CASE("a kind or a label may be paused before there is any", "[pause][conformance]") {
  PausesTest test;
  CHECK(test.pause_kind("later"));
  CHECK(test.pause_label("customer", "acme"));
  const TaskId id = test.enqueue(PausesTest::labelled({{"customer", "acme"}}));
  CHECK(test.claimed().empty());
  CHECK(test.state(id) == State::blocked);
}

TEST_CASE("nothing with a paused label is claimed, whatever stands before or behind it", "[pause][conformance]") {
  PausesTest test;
  const TaskId held = test.enqueue(PausesTest::labelled({{"customer", "acme"}, {"step", "1"}}));
  const TaskId other = test.enqueue(PausesTest::labelled({{"customer", "other"}}));
  const TaskId free = test.enqueue();
  CHECK(test.pause_label("customer", "acme"));
  CHECK(test.state(held) == State::blocked);
  CHECK(test.claimed() == Ids{other, free});
  CHECK(test.claimed().empty());
  CHECK(test.state(held) == State::blocked);
  CHECK(test.in_state(State::blocked) == Ids{held});
  CHECK(test.in_state(State::queued).empty());
  CHECK(test.resume_label("customer", "acme"));
  CHECK(test.state(held) == State::queued);
  CHECK(test.in_state(State::queued) == Ids{held});
  CHECK(test.claimed() == Ids{held});
  CHECK(test.reader->check().empty());
}

TEST_CASE("a task with two paused labels waits for both", "[pause][conformance]") {
  PausesTest test;
  const TaskId id = test.enqueue(PausesTest::labelled({{"customer", "acme"}, {"region", "north"}}));
  test.pause_label("customer", "acme");
  test.pause_label("region", "north");
  CHECK(test.claimed().empty());
  test.resume_label("customer", "acme");
  CHECK(test.claimed().empty());
  CHECK(test.state(id) == State::blocked);
  CHECK(test.reader->check().empty());
  test.resume_label("region", "north");
  CHECK(test.claimed() == Ids{id});
}

TEST_CASE("pausing and resuming twice changes nothing and is no event", "[pause][events][conformance]") {
  PausesTest test;
  CHECK_FALSE(test.resume_kind("echo"));
  CHECK_FALSE(test.resume_label("customer", "acme"));
  const Cursor before = test.reader->last_event();
  CHECK(test.pause_kind("echo"));
  CHECK(test.pause_label("customer", "acme"));
  const Timestamp since = test.now;
  test.now += 1s;
  CHECK_FALSE(test.pause_kind("echo"));
  CHECK_FALSE(test.pause_label("customer", "acme"));
  const Paused paused = test.reader->pauses();
  REQUIRE(paused.kinds.size() == 1);
  CHECK(paused.kinds[0].kind == "echo");
  CHECK(paused.kinds[0].reason == "maintenance");
  CHECK(paused.kinds[0].actor == "uid:0");
  CHECK(paused.kinds[0].since == since);
  REQUIRE(paused.labels.size() == 1);
  CHECK(paused.labels[0].key == "customer");
  CHECK(paused.labels[0].value == "acme");
  CHECK(paused.labels[0].reason == "maintenance");
  CHECK(paused.labels[0].actor == "uid:0");
  CHECK(paused.labels[0].since == since);
  CHECK(test.resume_kind("echo"));
  CHECK(test.resume_label("customer", "acme"));
  CHECK(test.reader->pauses().empty());
  const std::vector<Event> events = test.events_after(before);
  REQUIRE(events.size() == 4);
  CHECK(events[0].type == "kind.paused");
  CHECK(events[0].kind == "echo");
  CHECK(events[0].data == R"({"reason":"maintenance"})");
  CHECK(events[1].type == "label.paused");
  CHECK(events[1].data == R"({"key":"customer","value":"acme","reason":"maintenance"})");
  CHECK(events[2].type == "kind.resumed");
  CHECK(events[3].type == "label.resumed");
  CHECK(events[3].data == R"({"key":"customer","value":"acme"})");
}

TEST_CASE("running attempts go on; what they are retried as is held", "[pause][conformance]") {
  PausesTest test;
  const TaskId id = test.enqueue(PausesTest::labelled({{"customer", "acme"}}));
  const ClaimKey key = test.start_one();
  test.pause_label("customer", "acme");
  test.pause_kind("echo");
  CHECK(test.state(id) == State::running);
  CHECK(test.renew({key}, test.now + 1min).empty());
  CHECK(test.finish(StoreTest::failed(key, Requeue{test.now})).recorded);
  CHECK(test.claimed().empty());
  CHECK(test.state(id) == State::blocked);
  test.resume_kind("echo");
  CHECK(test.claimed().empty());
  test.resume_label("customer", "acme");
  CHECK(test.claimed() == Ids{id});
}

TEST_CASE("a held task does not keep others from its concurrency key", "[pause][keys][conformance]") {
  PausesTest test;
  const TaskId holder = test.enqueue(PausesTest::labelled({}, "k"));
  const TaskId held = test.enqueue(PausesTest::labelled({{"customer", "acme"}}, "k"));
  const TaskId also_held = test.enqueue(PausesTest::labelled({{"customer", "acme"}}, "k"));
  const TaskId third = test.enqueue(PausesTest::labelled({}, "k"));
  const TaskId fourth = test.enqueue(PausesTest::labelled({}, "k"));
  CHECK(test.claimed() == Ids{holder});
  test.pause_label("customer", "acme");
  test.end(holder);
  CHECK(test.claimed() == Ids{third});
  CHECK(test.reader->check().empty());
  // Let go while the key is taken: it starts in its turn.
  test.resume_label("customer", "acme");
  CHECK(test.claimed().empty());
  CHECK(test.reader->check().empty());
  test.end(third);
  CHECK(test.claimed() == Ids{held});
  test.end(held);
  CHECK(test.claimed() == Ids{also_held});
  test.end(also_held);
  CHECK(test.claimed() == Ids{fourth});
}

TEST_CASE("a held task keeps its place in its line", "[pause][keys][conformance]") {
  PausesTest test;
  NewTask first = PausesTest::labelled({{"customer", "acme"}});
  NewTask second = PausesTest::labelled({});
  first.order_key = second.order_key = "line";
  const TaskId held = test.enqueue(first);
  const TaskId behind = test.enqueue(second);
  test.pause_label("customer", "acme");
  CHECK(test.claimed().empty());
  // An older task of the line comes back while it is held: it is let go by the pause, and then by the line.
  test.resume_label("customer", "acme");
  CHECK(test.claimed() == Ids{held});
  test.end(held);
  CHECK(test.claimed() == Ids{behind});
}

TEST_CASE("a task that is held by a label and by its line waits for both", "[pause][keys][conformance]") {
  PausesTest test;
  NewTask first = PausesTest::labelled({});
  NewTask second = PausesTest::labelled({{"customer", "acme"}});
  first.order_key = second.order_key = "line";
  const TaskId older = test.enqueue(first);
  CHECK(test.cancel(older).result == CancelResult::cancelled);
  const TaskId held = test.enqueue(second);
  test.pause_label("customer", "acme");
  CHECK(test.claimed().empty());
  CHECK(test.retry(older) == RetryResult::requeued);
  CHECK(test.reader->check().empty());
  test.resume_label("customer", "acme");
  CHECK(test.claimed() == Ids{older});
  CHECK(test.reader->check().empty());
  test.pause_label("customer", "acme");
  test.end(older);
  CHECK(test.claimed().empty());
  CHECK(test.state(held) == State::blocked);
  test.resume_label("customer", "acme");
  CHECK(test.claimed() == Ids{held});
}

TEST_CASE("what is held can be cancelled, expires, and is held again when it is retried", "[pause][conformance]") {
  PausesTest test;
  NewTask fresh = PausesTest::labelled({{"customer", "acme"}});
  const TaskId id = test.enqueue(fresh);
  fresh.expires_at = test.now + 5s;
  const TaskId brief = test.enqueue(fresh);
  test.pause_label("customer", "acme");
  CHECK(test.claimed().empty());
  CHECK(test.cancel(id).result == CancelResult::cancelled);
  CHECK(test.retry(id) == RetryResult::requeued);
  test.now += 10s;
  CHECK(test.claimed().empty());
  CHECK(test.status(brief) == Status::cancelled);
  CHECK(test.state(id) == State::blocked);
  CHECK(test.reader->check().empty());
  test.resume_label("customer", "acme");
  CHECK(test.claimed() == Ids{id});
}

TEST_CASE("a label that is paused again before all was let go holds the rest", "[pause][conformance]") {
  PausesTest test;
  EnqueueRequest many;
  many.tasks.assign(1'500, PausesTest::labelled({{"customer", "acme"}}));
  test.enqueue_all(many);
  test.pause_label("customer", "acme");
  CHECK(test.claimed_all().empty());
  CHECK(test.claim(1).empty());
  test.resume_label("customer", "acme");
  const std::size_t first = test.claim(10).size();
  CHECK(first == 10);
  test.pause_label("customer", "acme");
  CHECK(test.claimed_all().empty());
  CHECK(test.reader->check().empty());
  test.resume_label("customer", "acme");
  CHECK(test.claimed_all().size() == 1'490);
  CHECK(test.reader->check().empty());
}

TEST_CASE("letting go what a label held is finished after the store was opened again", "[pause][conformance]") {
  PausesTest test;
  EnqueueRequest many;
  many.tasks.assign(1'200, PausesTest::labelled({{"customer", "acme"}}));
  test.enqueue_all(many);
  test.pause_label("customer", "acme");
  CHECK(test.claimed_all().empty());
  test.resume_label("customer", "acme");
  CHECK(test.claim(1).size() == 1);
  if (test.reader->facts().location.empty()) return;   // nothing to open again
  test.reader.reset();
  test.store.reset();
  test.store = test.place->open();
  test.reader = test.store->open_reader();
  CHECK(test.claimed_all().size() == 1'199);
  CHECK(test.reader->check().empty());
}

TEST_CASE("what was held for long does not go before all other tenants", "[pause][limits][conformance]") {
  PausesTest test;
  NewTask acme = PausesTest::labelled({{"customer", "acme"}});
  acme.fair_key = "acme";
  NewTask other = PausesTest::labelled({});
  other.fair_key = "other";
  EnqueueRequest many;
  many.tasks.assign(20, acme);
  many.tasks.insert(many.tasks.end(), 40, other);
  test.enqueue_all(many);
  test.pause_label("customer", "acme");
  CHECK(test.claimed(30).size() == 30);
  test.resume_label("customer", "acme");
  int of_acme = 0;
  for (const Task& task : test.claim(10)) of_acme += task.fair_key == "acme" ? 1 : 0;
  CHECK(of_acme >= 4);
  CHECK(of_acme <= 6);
  CHECK(test.reader->check().empty());
}

TEST_CASE("a paused label costs the order of claims nothing", "[pause][conformance]") {
  PausesTest test;
  NewTask urgent = PausesTest::labelled({{"customer", "acme"}}, "k");
  urgent.priority = 9;
  NewTask next = PausesTest::labelled({}, "k");
  next.priority = 8;
  NewTask last = PausesTest::labelled({});
  last.priority = 1;
  test.enqueue(urgent);
  const TaskId second = test.enqueue(next);
  const TaskId third = test.enqueue(last);
  test.pause_label("customer", "acme");
  CHECK(test.claimed(1) == Ids{second});
  CHECK(test.claimed(1) == Ids{third});
}

}  // namespace reeve::store::conformance
