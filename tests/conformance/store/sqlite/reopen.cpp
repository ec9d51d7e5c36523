// What a store in a file keeps when it is closed and opened again.
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

void reopen(StoreTest& test) {
  test.reader.reset();
  test.store.reset();
  test.store = test.place->open();
  test.reader = test.store->open_reader();
}

}  // namespace

TEST_CASE("tasks, attempts, events and logs survive a restart", "[reopen][conformance][case-M243][case-M245]") {
  StoreTest test;
  const TaskId succeeded = test.make_succeeded();
  const TaskId failed = test.make_failed();
  const TaskId cancelled = test.make_cancelled();
  const TaskId running = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.log(key, {"line"}));
  REQUIRE(test.progress(key, StoreTest::percent(7)));
  test.cancel(running, "why");
  const TaskId queued = test.enqueue();
  test.pause("default");
  const auto before = test.counts();
  const Cursor last = test.reader->last_event();
  reopen(test);
  CHECK(test.counts() == before);
  CHECK(test.store->last_event() == last);
  CHECK(test.status(succeeded) == Status::succeeded);
  CHECK(test.get(failed).error == StoreTest::error());
  CHECK(test.status(cancelled) == Status::cancelled);
  CHECK(test.status(queued) == Status::queued);
  CHECK(test.get(running).progress->percent == 7);
  CHECK(test.state(running) == State::cancelling);
  CHECK(test.get(running).cancel_reason == "why");
  CHECK(test.claim().empty());
  test.now += 1min;
  REQUIRE(test.expire().lost.size() == 1);
  CHECK(test.status(running) == Status::cancelled);
  CHECK(test.reader->check().empty());
}

TEST_CASE("numbers go on after a restart though the newest rows were removed", "[reopen][conformance][promise-I8]") {
  StoreTest test;
  const TaskId id = test.make_cancelled();
  REQUIRE(test.remove(id) == RemoveResult::removed);
  RetentionPolicy policy;
  policy.events = 0ms;
  test.now += 1s;
  test.batch([&](Store& s) { return s.maintenance().retain(policy, test.now, 1000); });
  const Cursor last = test.store->last_event();
  reopen(test);
  CHECK(test.store->last_event() == last);
  CHECK(test.reader->last_event() == last);
  CHECK(test.enqueue() > id);
  CHECK(test.store->last_event() > last);
  CHECK(test.open_runner("again") > test.runner);
}

TEST_CASE("an idempotency key holds over a restart", "[reopen][conformance][promise-I2]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks = {StoreTest::task(), StoreTest::task()};
  request.request_key = "client-1";
  const auto first = std::get<EnqueueDone>(test.enqueue_all(request));
  reopen(test);
  const auto again = std::get<EnqueueDone>(test.enqueue_all(request));
  CHECK(again.replayed);
  CHECK(again.tasks[1].id == first.tasks[1].id);
}

TEST_CASE("an epoch goes on after a restart", "[reopen][conformance][promise-I9]") {
  StoreTest test;
  test.enqueue();
  const ClaimKey key = test.start_one();
  reopen(test);
  test.now += 1min;
  test.expire();
  CHECK(test.claim_one().epoch == key.epoch + 1);
  CHECK_FALSE(test.finish(StoreTest::succeeded(key)).recorded);
}

}  // namespace reeve::store::conformance
