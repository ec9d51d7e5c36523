#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("each incarnation has a greater number", "[runner][conformance]") {
  StoreTest test;
  const std::int64_t second = test.open_runner("two");
  CHECK(second > test.runner);
  const auto rows = test.reader->runners(10);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].id == second);
  CHECK(rows[0].name == "two");
  CHECK(rows[0].boot_id == "boot");
  CHECK(rows[0].incarnation == "incarnation-two");
  CHECK(rows[0].pid == 4711);
  CHECK(rows[0].started_at == test.now);
  CHECK_FALSE(rows[0].stopped_at);
  CHECK(test.reader->runners(1).size() == 1);
}

TEST_CASE("a runner stops once", "[runner][conformance]") {
  StoreTest test;
  test.batch([&](Store& s) { s.runners().close_runner(test.runner, test.now); });
  const Cursor last = test.reader->last_event();
  const Timestamp stopped = test.now;
  test.now += 1s;
  test.batch([&](Store& s) { s.runners().close_runner(test.runner, test.now); });
  CHECK(test.reader->runners(1)[0].stopped_at == stopped);
  CHECK(test.reader->last_event() == last);
}

TEST_CASE("the tasks of the dead are queued again at once", "[runner][conformance][case-25][promise-I14]") {
  StoreTest test;
  const TaskId running = test.enqueue();
  const TaskId claimed = test.enqueue();
  test.start_one();
  test.claim_one();
  const std::int64_t dead = test.runner;
  test.runner = test.open_runner("two");
  const TaskId mine = test.enqueue();
  test.start_one();
  const auto requeue = [&](int limit) {
    return test.batch([&](Store& s) { return s.runners().requeue_dead(test.runner, test.now, limit); });
  };
  const ExpireAnswer first = requeue(1);
  CHECK(first.lost.size() == 1);
  CHECK(first.more);
  const ExpireAnswer second = requeue(10);
  CHECK(second.lost.size() == 1);
  CHECK_FALSE(second.more);
  CHECK(test.status(running) == Status::queued);
  CHECK(test.status(claimed) == Status::queued);
  CHECK(test.get(running).crashes == 1);
  CHECK(test.status(mine) == Status::running);
  CHECK(requeue(10).lost.empty());
  const auto rows = test.reader->runners(10);
  CHECK(rows[1].id == dead);
  CHECK(rows[1].stopped_at == test.now);
  CHECK_FALSE(rows[0].stopped_at);
}

TEST_CASE("a crash of the supervisor costs one of the crash budget and no attempt", "[runner][conformance][promise-I13]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  for (int crash = 1; crash <= 3; ++crash) {
    test.start_one();
    test.runner = test.open_runner("next");
    test.batch([&](Store& s) { return s.runners().requeue_dead(test.runner, test.now, 100); });
    CHECK(test.get(id).crashes == crash);
    CHECK(test.get(id).attempt == 0);
  }
  CHECK(test.status(id) == Status::failed);
}

}  // namespace reeve::store::conformance
