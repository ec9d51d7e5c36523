#include "tests/conformance/store/steps_fixture.hpp"

namespace reeve::store::conformance {

using Taken = SignalTaken::Result;
using Sent = SignalSent::Result;

TEST_CASE("signals are taken once, oldest first, by type or any", "[signals][conformance][case-168]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const std::int64_t first = test.send(id, "a", "1").id;
  CHECK(test.send(id, "b", "2").id > first);
  test.send(id, "a", "3");
  const ClaimKey key = test.start_one();
  CHECK(test.take(key, "b").signal.payload == "2");
  CHECK(test.take(key).signal.payload == "1");
  CHECK(test.take(key, "b").result == Taken::none);
  test.now += 1s;
  const Signal last = test.take(key, "a").signal;
  CHECK(last.payload == "3");
  CHECK(last.actor == "uid:7");
  CHECK(last.consumed_by == key.epoch);
  CHECK(last.consumed_at == test.now);
  CHECK(test.take(key).result == Taken::none);
  CHECK(all_signals(*test.reader, id, true).empty());
  CHECK(all_signals(*test.reader, id, false).size() == 3);
  CHECK(test.last_event_data(id, "task.signal") == R"({"id":)" + std::to_string(last.id) + R"(,"type":"a"})");
}

TEST_CASE("a signal that was taken under a name is given again", "[signals][steps][conformance][case-170]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey first = test.start_one();
  CHECK(test.take(first, "go", "order").result == Taken::none);
  const std::string payload = R"({"n": 1.0, "s":"\u00e4"})";
  test.send(id, "go", payload);
  test.send(id, "go", "2");
  CHECK(test.take(first, "go", "order").signal.payload == payload);
  REQUIRE(test.finish(StoreTest::failed(first, Requeue{test.now})).recorded);
  const ClaimKey second = test.start_one();
  CHECK(test.take(second, "go", "order").signal.payload == payload);
  CHECK(test.take(second, "go").signal.payload == "2");
  CHECK(test.wait(second, StepsTest::for_signal("go", "order")).output.find(payload) != std::string::npos);
}

TEST_CASE("a deeply nested signal that was taken under a name is given again", "[signals][steps][conformance][hostile]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  const std::string payload = std::string(64, '[') + std::string(64, ']');
  test.send(id, "go", payload);
  REQUIRE(test.take(key, "go", "order").signal.payload == payload);
  CHECK(test.take(key, "go", "order").signal.payload == payload);
}

TEST_CASE("a signal wakes the oldest wait that it fits", "[signals][waits][conformance][case-171]") {
  StepsTest test;
  const TaskId id = test.make_waiting(StepsTest::for_signal("go"));
  CHECK_FALSE(test.send(id, "other").resumed);
  const SignalSent sent = test.send(id, "go", R"({"by":"me"})");
  CHECK(sent.result == Sent::sent);
  CHECK(sent.resumed);
  CHECK(test.status(id) == Status::queued);
  const std::string output = test.replay(StepsTest::for_signal("go"));
  CHECK(output == R"({"signal":{"id":)" + std::to_string(sent.id) + R"(,"type":"go","payload":{"by":"me"},"sent_at":")" + to_rfc3339(test.now) + "\"}}");
  const auto unconsumed = all_signals(*test.reader, id, true);
  REQUIRE(unconsumed.size() == 1);
  CHECK(unconsumed[0].type == "other");
}

TEST_CASE("a signal to nobody is refused", "[signals][conformance][case-166]") {
  StepsTest test;
  CHECK(test.send(TaskId{4711}, "go").result == Sent::not_found);
  CHECK(test.send(test.make_succeeded(), "go").result == Sent::terminal);
}

TEST_CASE("a mailbox holds so many unconsumed signals and no more", "[signals][conformance]") {
  StepsTest test;
  const TaskId id = test.make_waiting(StepsTest::for_signal("go"));
  test.batch([&](Store& s) {
    for (int i = 0; i < Steps::signals_max; ++i) (void)s.steps().send_signal(id, "noise", "1", "uid:7", test.now);
  });
  CHECK(test.send(id, "noise").result == Sent::too_many);
  CHECK(test.send(id, "go").resumed);
  CHECK(test.send(id, "go").result == Sent::too_many);
  REQUIRE(test.take(test.start_one()).result == Taken::taken);
  CHECK(test.send(id, "noise").result == Sent::sent);
}

TEST_CASE("the numbers of signals never fall", "[signals][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const std::int64_t first = test.send(id, "go").id;
  test.cancel(id);
  REQUIRE(test.remove(id) == RemoveResult::removed);
  CHECK(all_signals(*test.reader, id, false).empty());
  CHECK(test.send(test.enqueue(), "go").id > first);
}

}  // namespace reeve::store::conformance
