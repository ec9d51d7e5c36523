// What a store in a file keeps when it is closed and opened again.
#include "store/fingerprint.hpp"
#include "tests/conformance/store/steps_fixture.hpp"

namespace reeve::store::conformance {
namespace {

void reopen(StoreTest& test) {
  test.reader.reset();
  test.store.reset();
  test.store = test.place->open();
  test.reader = test.store->open_reader();
}

}  // namespace

TEST_CASE("tasks, attempts, events and logs survive a restart", "[reopen][conformance][case-243][case-245]") {
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
  CHECK(test.get(failed).error == with_fingerprint(StoreTest::error()));
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

TEST_CASE("waits, steps, signals and timers survive a restart", "[reopen][steps][waits][conformance]") {
  StepsTest test;
  const TaskId child = test.enqueue(StoreTest::task("report"));
  const TaskId id = test.enqueue();
  ClaimRequest request = test.claim_request(1);
  request.kinds = {{"echo", 1}};
  const Task task = test.claim(request).tasks.at(0);
  const ClaimKey key{id, task.epoch};
  test.begin(key, "one");
  test.end(key, "one", "7");
  test.set_timer(key, "t", test.now + 1h);
  const std::int64_t signal = test.send(id, "later").id;
  REQUIRE(test.wait(key, StepsTest::for_tasks({child})).result == WaitAnswer::Result::waiting);
  REQUIRE(test.suspend(key).status == Status::waiting);
  const auto steps = all_steps(*test.reader, id);
  reopen(test);
  CHECK(all_steps(*test.reader, id) == steps);
  CHECK(test.reader->timers(id).size() == 1);
  CHECK(test.status(id) == Status::waiting);
  CHECK(test.send(id, "more").id > signal);
  CHECK(test.cancel(child).result == CancelResult::cancelled);
  CHECK(test.status(id) == Status::queued);
  CHECK(test.reader->check().empty());
}

TEST_CASE("a store that is closed in the middle goes on telling and ends its batches", "[reopen][after][batches][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.batch.emplace();
  request.batch->on_success = StoreTest::task("report");
  request.tasks.assign(1, StoreTest::task());
  request.request_key = "client-1";
  const auto made = std::get<EnqueueDone>(test.enqueue_all(request));
  EnqueueRequest others;
  others.tasks.assign(1'200, StoreTest::task());
  for (NewTask& task : others.tasks) task.after.emplace_back().task = made.tasks[0].id;
  const auto stored = std::get<EnqueueDone>(test.enqueue_all(others));
  const ClaimKey key = test.start_one();
  reopen(test);
  CHECK(test.reader->batch(*made.batch)->state == BatchState::closed);
  CHECK(std::get<EnqueueDone>(test.enqueue_all(request)).batch == made.batch);
  REQUIRE(test.finish(StoreTest::succeeded(key)).let_go);
  reopen(test);
  const Batch batch = test.reader->batch(*made.batch).value();
  CHECK(batch.state == BatchState::succeeded);
  CHECK(batch.callbacks.size() == 1);
  CHECK(test.reader->dependencies(stored.tasks.back().id).open == 1);
  CHECK(test.reader->check().empty());
  CHECK(test.claim(test.claim_request(0)).next_due == std::nullopt);
  CHECK(test.reader->dependencies(stored.tasks.back().id).open == 0);
  ClaimRequest all = test.claim_request(2'000);
  all.kinds = {{"echo", 2'000}, {"report", 1}};
  CHECK(test.claim(all).tasks.size() == 1 + stored.tasks.size());
  CHECK(test.reader->check().empty());
}

TEST_CASE("the number of a batch is not used again after a restart", "[reopen][batches][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.batch.emplace();
  request.tasks.push_back(StoreTest::task());
  const auto made = std::get<EnqueueDone>(test.enqueue_all(request));
  REQUIRE(test.cancel(made.tasks[0].id).result == CancelResult::cancelled);
  REQUIRE(test.remove(made.tasks[0].id) == RemoveResult::removed);
  CHECK_FALSE(test.reader->batch(*made.batch).has_value());
  reopen(test);
  CHECK(std::get<EnqueueDone>(test.enqueue_all(request)).batch == BatchId{2});
}

TEST_CASE("the numbers of signals go on after a restart though the newest were removed", "[reopen][signals][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const std::int64_t signal = test.send(id, "go").id;
  test.cancel(id);
  REQUIRE(test.remove(id) == RemoveResult::removed);
  reopen(test);
  CHECK(test.send(test.enqueue(), "go").id > signal);
}

}  // namespace reeve::store::conformance
