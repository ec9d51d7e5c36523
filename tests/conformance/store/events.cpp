#include "store/transitions.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("events are numbered without gaps", "[events][conformance][case-150][case-145][promise-I5]") {
  StoreTest test;
  test.make_succeeded();
  test.make_failed();
  test.make_cancelled();
  const auto events = test.reader->events({}).events;
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(number(events[i].seq) == static_cast<std::int64_t>(i) + 1);
  CHECK(test.reader->last_event() == events.back().seq);
  CHECK(test.store->last_event() == events.back().seq);
  CHECK(test.reader->first_event() == Cursor{1});
}

TEST_CASE("an event says what happened to whom", "[events][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now + 10s})).recorded);
  const auto events = test.events(id);
  REQUIRE(events.size() == 4);
  for (const Event& event : events) {
    CHECK(event.at == test.now);
    CHECK(event.task == id);
    CHECK(event.kind == "echo");
    CHECK(event.queue == "default");
  }
  CHECK(events[0].actor == "uid:1000");
  CHECK(events[0].epoch == 0);
  CHECK(events[1].epoch == key.epoch);
  CHECK(events[1].runner == test.runner);
  CHECK(events[1].data == R"({"attempt":1})");
  CHECK(events[2].data == R"({"attempt":1,"executor":"process","pid":123})");
  CHECK(events[3].runner == test.runner);
  CHECK(events[3].data ==
        R"({"from":"running","outcome":"failed","exit_code":3,"code":"exit","retry_at":"2027-01-15T08:00:10.000Z","budget":"attempt"})");
}

TEST_CASE("two tasks have histories of their own", "[events][conformance][case-143]") {
  StoreTest test;
  const TaskId first = test.enqueue();
  const TaskId second = test.enqueue();
  test.cancel(second);
  test.cancel(first);
  CHECK(test.event_types(first) == std::vector<std::string>{"task.enqueued", "task.cancelled"});
  CHECK(test.events(second).size() == 2);
}

TEST_CASE("reading on from a cursor has no gap and no duplicate", "[events][conformance][case-130][promise-I32]") {
  StoreTest test;
  for (int i = 0; i < 10; ++i) test.make_succeeded();
  const auto all = test.reader->events({}).events;
  std::vector<std::int64_t> seen;
  EventQuery query;
  query.limit = 7;
  for (;;) {
    const EventPage page = test.reader->events(query);
    for (const Event& event : page.events) seen.push_back(number(event.seq));
    query.after = page.last;
    if (!page.more) break;
  }
  REQUIRE(seen.size() == all.size());
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == number(all[i].seq));
  CHECK(test.reader->events(query).events.empty());
  CHECK(test.reader->events(query).last == query.after);
  test.enqueue();
  CHECK(test.reader->events(query).events.size() == 1);
}

TEST_CASE("events are filtered by type, kind, queue and task", "[events][conformance]") {
  StoreTest test;
  test.make_succeeded();
  const TaskId id = test.enqueue(StoreTest::task("report"));
  test.pause("default");
  const auto count = [&](auto set) {
    EventQuery query;
    set(query);
    return test.reader->events(query).events.size();
  };
  CHECK(count([](EventQuery& q) { q.types = {"task.enqueued"}; }) == 2);
  CHECK(count([](EventQuery& q) { q.types = {"task.*"}; }) == 5);
  CHECK(count([](EventQuery& q) { q.types = {"queue.*", "runner.started"}; }) == 2);
  CHECK(count([](EventQuery& q) { q.types = {"task"}; }) == 0);
  CHECK(count([](EventQuery& q) { q.types = {"*"}; }) == 7);
  CHECK(count([](EventQuery& q) { q.kinds = {"report"}; }) == 1);
  CHECK(count([](EventQuery& q) { q.queues = {"default"}; }) == 6);
  CHECK(count([&](EventQuery& q) { q.task = id; }) == 1);
  EventQuery none;
  none.types = {"no.such"};
  CHECK(test.reader->events(none).last == test.reader->last_event());
}

TEST_CASE("a caller's own event takes its place in the log", "[events][conformance]") {
  StoreTest test;
  Event event;
  event.at = test.now;
  event.type = "config.applied";
  event.actor = "uid:0";
  event.data = R"({"file":"reeve.yaml"})";
  const Cursor seq = test.batch([&](Store& s) { return s.maintenance().append_event(event); });
  CHECK(seq == test.reader->last_event());
  EventQuery query;
  query.types = {"config.applied"};
  const auto found = test.reader->events(query).events;
  REQUIRE(found.size() == 1);
  CHECK(found[0].seq == seq);
  CHECK(found[0].data == event.data);
  CHECK_FALSE(found[0].task);
}

TEST_CASE("a state change and its event are one", "[events][conformance]") {
  StoreTest test;
  test.enqueue();
  const Cursor before = test.reader->last_event();
  struct Broken final : Operation {
    explicit Broken(StoreTest& whole) : test(whole) {}
    void run(Store& store) override {
      (void)store.tasks().claim(test.claim_request(), test.now);
      throw std::runtime_error("no");
    }
    void refuse(std::exception_ptr) override { refused = true; }
    StoreTest& test;
    bool refused = false;
  } broken(test);
  Operation* const operations[] = {&broken};
  test.store->batch(operations);
  CHECK(broken.refused);
  CHECK(test.reader->last_event() == before);
  CHECK(test.claim().size() == 1);
}

}  // namespace reeve::store::conformance
