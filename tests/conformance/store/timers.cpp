#include "tests/conformance/store/steps_fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("a timer fires once, as a signal", "[timers][conformance][case-175][case-183]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  const Timestamp at = test.now + 5s;
  CHECK(test.set_timer(key, "remind \"me\"", at) == TimerResult::set);
  CHECK(test.claim(test.claim_request()).next_due == at);
  test.now = at - 1ms;
  test.claim();
  CHECK(all_signals(*test.reader, id, false).empty());
  test.now = at;
  CHECK_FALSE(test.claim(test.claim_request()).next_due);
  const auto signals = all_signals(*test.reader, id, true);
  REQUIRE(signals.size() == 1);
  CHECK(signals[0].type == "timer");
  CHECK(signals[0].payload == R"({"name":"remind \"me\""})");
  CHECK(test.reader->timers(id).at(0).fired_at == at);
  CHECK(test.count_events(id, "task.timer") == 1);
  test.claim();
  CHECK(all_signals(*test.reader, id, true).size() == 1);
  CHECK(test.set_timer(key, "remind \"me\"", test.now + 1h) == TimerResult::already_fired);
  CHECK(test.cancel_timer(key, "remind \"me\"") == TimerResult::already_fired);
}

TEST_CASE("a timer whose time is past fires with the next claim", "[timers][conformance][case-180]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  CHECK(test.set_timer(key, "t", test.now - 1h) == TimerResult::fires_now);
  test.claim();
  CHECK(test.take(key, "timer").signal.payload == R"({"name":"t"})");
  CHECK(test.reader->timers(id).at(0).fired_at == test.now);
}

TEST_CASE("a timer can be moved and cancelled until it fires", "[timers][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.set_timer(key, "a", test.now + 1s);
  test.set_timer(key, "b", test.now + 2s);
  CHECK(test.set_timer(key, "a", test.now + 1h) == TimerResult::set);
  CHECK(test.cancel_timer(key, "b") == TimerResult::cancelled);
  CHECK(test.cancel_timer(key, "b") == TimerResult::unknown);
  const auto timers = test.reader->timers(id);
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].at == test.now + 1h);
  test.now += 10s;
  test.claim();
  CHECK(all_signals(*test.reader, id, false).empty());
}

TEST_CASE("a timer wakes a task that waits for its signal", "[timers][waits][conformance][case-175]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.set_timer(key, "t", test.now + 5s);
  REQUIRE(test.wait(key, StepsTest::for_signal("timer")).result == WaitAnswer::Result::waiting);
  REQUIRE(test.suspend(key).status == Status::waiting);
  test.now += 5s;
  CHECK_THAT(test.replay(StepsTest::for_signal("timer")), Catch::Contains(R"("payload":{"name":"t"})"));
  CHECK(test.last_event_data(id, "task.resumed") == R"({"wait":"approval","by":"signal"})");
}

TEST_CASE("timers that are due together are told each, and wake their task once", "[timers][waits][conformance][case-178]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  for (const char* name : {"a", "b", "c"}) test.set_timer(key, name, test.now + 5s);
  REQUIRE(test.wait(key, StepsTest::for_signal("timer")).result == WaitAnswer::Result::waiting);
  REQUIRE(test.suspend(key).status == Status::waiting);
  test.now += 5s;
  REQUIRE(test.claim().size() == 1);
  CHECK(test.count_events(id, "task.timer") == 3);
  CHECK(test.count_events(id, "task.resumed") == 1);
  CHECK(test.claim().empty());
  CHECK(all_signals(*test.reader, id, true).size() == 2);
}

TEST_CASE("the timers of a task that has ended are dropped", "[timers][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.set_timer(key, "t", test.now + 5s);
  REQUIRE(test.finish(StoreTest::succeeded(key)).recorded);
  CHECK(test.reader->timers(id).empty());
  test.now += 1min;
  CHECK_FALSE(test.claim(test.claim_request()).next_due);
  CHECK(test.count_events(id, "task.timer") == 0);
}

TEST_CASE("timers outlive an attempt", "[timers][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.set_timer(key, "t", test.now + 5s);
  REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now + 1h})).recorded);
  CHECK(test.claim(test.claim_request()).next_due == test.now + 5s);
  test.now += 5s;
  test.claim();
  CHECK(all_signals(*test.reader, id, true).size() == 1);
}

TEST_CASE("a task has so many pending timers and no more", "[timers][conformance]") {
  StepsTest test;
  test.enqueue();
  const ClaimKey key = test.start_one();
  test.batch([&](Store& s) {
    for (int i = 0; i < Steps::timers_max; ++i) (void)s.steps().set_timer(key, std::to_string(i), test.now + 1h, test.now);
  });
  CHECK(test.set_timer(key, "one too many", test.now + 1h) == TimerResult::refused);
  CHECK(test.set_timer(key, "7", test.now + 2h) == TimerResult::set);
  REQUIRE(test.cancel_timer(key, "8") == TimerResult::cancelled);
  CHECK(test.set_timer(key, "one too many", test.now + 1h) == TimerResult::set);
}

TEST_CASE("many timers that fire at once fire in pieces", "[timers][claim][conformance]") {
  StepsTest test;
  std::vector<TaskId> ids;
  for (int i = 0; i < 2; ++i) ids.push_back(test.enqueue());
  for (int i = 0; i < 2; ++i) {
    const ClaimKey key = test.start_one();
    test.batch([&](Store& s) {
      for (int n = 0; n < 600; ++n) (void)s.steps().set_timer(key, std::to_string(n), test.now + 1s, test.now);
    });
  }
  test.now += 1s;
  CHECK(test.claim(test.claim_request()).next_due == test.now);
  CHECK_FALSE(test.claim(test.claim_request()).next_due);
  for (const TaskId id : ids) CHECK(all_signals(*test.reader, id, true).size() == 600);
}

}  // namespace reeve::store::conformance
