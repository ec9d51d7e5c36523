#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

RetentionReport retain(StoreTest& test, const RetentionPolicy& policy, int limit = 100) {
  return test.batch([&](Store& s) { return s.maintenance().retain(policy, test.now, limit); });
}

}  // namespace

TEST_CASE("each status is kept for its own time, and exactly so long", "[retention][conformance][case-236]") {
  StoreTest test;
  const TaskId succeeded = test.make_succeeded();
  const TaskId failed = test.make_failed();
  const TaskId cancelled = test.make_cancelled();
  RetentionPolicy policy;
  policy.succeeded = 1h;
  policy.cancelled = 2h;
  test.now += 1h;
  CHECK(retain(test, policy).tasks == 0);
  test.now += 1ms;
  CHECK(retain(test, policy).tasks == 1);
  CHECK_FALSE(test.reader->get(succeeded));
  test.now += 24h;
  CHECK(retain(test, policy).tasks == 1);
  CHECK_FALSE(test.reader->get(cancelled));
  CHECK(test.status(failed) == Status::failed);
  CHECK(test.event_types(succeeded) == std::vector<std::string>{"task.deleted"});
}

TEST_CASE("open tasks are never let go", "[retention][conformance]") {
  StoreTest test;
  const TaskId queued = test.enqueue();
  const TaskId running = test.enqueue(StoreTest::task("report"));
  ClaimRequest claim = test.claim_request();
  claim.kinds = {{"report", 1}};
  REQUIRE(test.claim(claim).tasks.size() == 1);
  test.now += 24h * 365;
  RetentionPolicy policy;
  policy.succeeded = policy.failed = policy.cancelled = 0ms;
  CHECK(retain(test, policy).tasks == 0);
  CHECK(test.status(queued) == Status::queued);
  CHECK(test.status(running) == Status::claimed);
}

TEST_CASE("retention works in pieces and says when there is more", "[retention][conformance][case-240]") {
  StoreTest test;
  for (int i = 0; i < 5; ++i) test.make_succeeded();
  test.now += 1h;
  RetentionPolicy policy;
  policy.succeeded = 1s;
  const RetentionReport first = retain(test, policy, 3);
  CHECK(first.tasks == 3);
  CHECK(first.more);
  const RetentionReport second = retain(test, policy, 3);
  CHECK(second.tasks == 2);
  CHECK_FALSE(second.more);
}

TEST_CASE("old events go from the front and the first kept one is known", "[retention][events][conformance][case-140]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  test.now += 1h;
  test.start_one();
  RetentionPolicy policy;
  policy.events = 30min;
  const Cursor last = test.reader->last_event();
  CHECK(retain(test, policy).events == 2);
  CHECK(test.reader->first_event() == Cursor{3});
  CHECK(test.event_types(id) == std::vector<std::string>{"task.claimed", "task.started"});
  test.now += 1h;
  CHECK(retain(test, policy).events == 2);
  CHECK(test.reader->first_event() == Cursor{number(last) + 1});
  CHECK(test.reader->last_event() == last);
  test.enqueue();
  CHECK(test.reader->last_event() == Cursor{number(last) + 1});
  CHECK(test.reader->check().empty());
}

TEST_CASE("removing a task does not make a cursor look lost", "[retention][events][conformance]") {
  StoreTest test;
  test.remove(test.make_cancelled());
  CHECK(test.reader->first_event() == Cursor{1});
}

TEST_CASE("request keys are forgotten after their time", "[retention][idempotency][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks = {StoreTest::task()};
  request.request_key = "client-1";
  test.enqueue_all(request);
  test.now += 24h;
  CHECK(retain(test, {}).requests == 0);
  CHECK(std::get<EnqueueDone>(test.enqueue_all(request)).replayed);
  test.now += 1ms;
  CHECK(retain(test, {}).requests == 1);
  CHECK_FALSE(std::get<EnqueueDone>(test.enqueue_all(request)).replayed);
}

}  // namespace reeve::store::conformance
