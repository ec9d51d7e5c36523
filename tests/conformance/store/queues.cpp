#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("nothing is claimed from a paused queue", "[queue][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  NewTask other = StoreTest::task();
  other.queue = "other";
  const TaskId free = test.enqueue(other);
  CHECK(test.pause("default"));
  CHECK(test.state(id) == State::blocked);
  const auto tasks = test.claim();
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].id == free);
  CHECK(test.resume("default"));
  CHECK(test.claim().size() == 1);
}

TEST_CASE("pausing twice and resuming twice changes nothing", "[queue][conformance]") {
  StoreTest test;
  CHECK_FALSE(test.resume("default"));
  CHECK(test.pause("default"));
  const Timestamp since = test.now;
  const Cursor last = test.reader->last_event();
  test.now += 1s;
  CHECK_FALSE(test.pause("default"));
  CHECK(test.reader->last_event() == last);
  const auto pauses = test.reader->pauses().queues;
  REQUIRE(pauses.size() == 1);
  CHECK(pauses[0].queue == "default");
  CHECK(pauses[0].reason == "maintenance");
  CHECK(pauses[0].actor == "uid:0");
  CHECK(pauses[0].since == since);
  CHECK(test.resume("default"));
  CHECK(test.reader->pauses().empty());
}

TEST_CASE("a pause leaves running attempts alone", "[queue][conformance]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.pause("default");
  CHECK(test.state(id) == State::running);
  CHECK(test.renew({key}, test.now + 1min).empty());
  CHECK(test.finish(StoreTest::succeeded(key)).recorded);
}

TEST_CASE("pauses are events", "[queue][events][conformance]") {
  StoreTest test;
  const Cursor before = test.reader->last_event();
  test.pause("default");
  test.resume("default");
  EventQuery query;
  query.after = before;
  const auto events = test.reader->events(query).events;
  REQUIRE(events.size() == 2);
  CHECK(events[0].type == "queue.paused");
  CHECK(events[0].queue == "default");
  CHECK(events[0].actor == "uid:0");
  CHECK(events[0].data == R"({"reason":"maintenance"})");
  CHECK(events[1].type == "queue.resumed");
}

}  // namespace reeve::store::conformance
