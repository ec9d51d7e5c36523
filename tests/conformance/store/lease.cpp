#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("a renewed lease is not taken away", "[lease][conformance][case-13][promise-I11]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.now += 10s;
  CHECK(test.renew({key}, test.now + 15s).empty());
  test.now += 14s;
  CHECK(test.expire().lost.empty());
  CHECK(test.status(id) == Status::running);
  CHECK(test.get(id).lease_expires_at == test.now + 1s);
}

TEST_CASE("a lease is over at the moment it names", "[lease][conformance][promise-I11]") {
  StoreTest test;
  test.enqueue();
  const ClaimKey key = test.start_one();
  test.now += 15s - 1ms;
  CHECK(test.expire().lost.empty());
  test.now += 1ms;
  CHECK(test.renew({key}, test.now + 15s) == std::vector<ClaimKey>{key});
  CHECK(test.expire().lost.size() == 1);
}

TEST_CASE("a lease that ran out cannot be renewed though nobody took it", "[lease][conformance][case-6]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.now += 16s;
  CHECK(test.renew({key}, test.now + 15s) == std::vector<ClaimKey>{key});
  CHECK(test.status(id) == Status::running);
}

TEST_CASE("renewing tells exactly which claims are lost", "[lease][conformance]") {
  StoreTest test;
  test.enqueue();
  test.enqueue();
  const ClaimKey first = test.start_one();
  const ClaimKey second = test.start_one();
  REQUIRE(test.finish(StoreTest::succeeded(first)).recorded);
  const ClaimKey unknown{TaskId{4711}, 1};
  const ClaimKey old{second.task, second.epoch - 1};
  CHECK(test.renew({first, second, unknown, old}, test.now + 1min) == std::vector<ClaimKey>{first, unknown, old});
  CHECK(test.get(second.task).lease_expires_at == test.now + 1min);
}

TEST_CASE("a task whose lease ran out is queued again and charged to the crash budget", "[expire][conformance][case-23]") {
  StoreTest test;
  for (int i = 0; i < 3; ++i) test.enqueue();
  const auto tasks = test.claim();
  REQUIRE(tasks.size() == 3);
  test.now += 16s;
  const ExpireAnswer answer = test.expire();
  REQUIRE(answer.lost.size() == 3);
  CHECK_FALSE(answer.more);
  for (const Task& claimed : tasks) {
    const Task task = test.get(claimed.id);
    CHECK(task.status == Status::queued);
    CHECK(task.attempt == 0);
    CHECK(task.crashes == 1);
    CHECK(task.runner == 0);
    CHECK_FALSE(task.lease_expires_at);
    CHECK(task.run_at == test.now);
    CHECK(task.error->code == "lost");
    const Attempt attempt = test.reader->attempts(claimed.id).at(0);
    CHECK(attempt.outcome == Outcome::lost);
    CHECK(attempt.finished_at == test.now);
    CHECK(test.event_types(claimed.id) == std::vector<std::string>{"task.enqueued", "task.claimed", "task.lease_lost", "task.retried"});
  }
}

TEST_CASE("of several lost leases each is told and each ends by its own budget", "[expire][conformance][case-18][case-20]") {
  StoreTest test;
  NewTask last_chance = StoreTest::task();
  last_chance.max_crashes = 1;
  const TaskId poison = test.enqueue(last_chance);
  const TaskId other = test.enqueue();
  const TaskId third = test.enqueue();
  REQUIRE(test.claim().size() == 3);
  test.cancel(third);
  test.now += 1min;
  REQUIRE(test.expire().lost.size() == 3);
  CHECK(test.status(poison) == Status::failed);
  CHECK(test.get(poison).error->code == "lost");
  CHECK(test.get(poison).crashes == 1);
  CHECK(test.status(other) == Status::queued);
  CHECK(test.status(third) == Status::cancelled);
  CHECK(test.event_types(poison).back() == "task.failed");
  CHECK(test.event_types(third).back() == "task.cancelled");
}

TEST_CASE("a task that loses its runner again and again ends failed", "[expire][conformance][case-103][promise-I15]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  int claims = 0;
  while (test.status(id) == Status::queued && claims < 10) {
    test.start_one();
    ++claims;
    test.now += 1min;
    test.expire();
  }
  CHECK(test.status(id) == Status::failed);
  CHECK(claims == 3);
  CHECK(test.get(id).crashes == 3);
}

TEST_CASE("leases are taken back in pieces of the asked size", "[expire][conformance][F097]") {
  StoreTest test;
  for (int i = 0; i < 5; ++i) test.enqueue();
  test.claim();
  test.now += 1min;
  const ExpireAnswer first = test.expire(3);
  CHECK(first.lost.size() == 3);
  CHECK(first.more);
  const ExpireAnswer second = test.expire(3);
  CHECK(second.lost.size() == 2);
  CHECK_FALSE(second.more);
}

TEST_CASE("queued tasks past their time are cancelled", "[expire][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.expires_at = test.now + 5s;
  const TaskId due = test.enqueue(fresh);
  fresh.run_at = test.now + 1h;
  const TaskId scheduled = test.enqueue(fresh);
  test.enqueue();
  test.now += 5s - 1ms;
  CHECK(test.expire().expired.empty());
  test.now += 1ms;
  CHECK(test.expire().expired == std::vector<TaskId>{due, scheduled});
  CHECK(test.status(due) == Status::cancelled);
  CHECK(test.get(scheduled).error->code == "expired");
  CHECK(test.event_types(due) == std::vector<std::string>{"task.enqueued", "task.cancelled"});
  CHECK(test.claim().size() == 1);
}

TEST_CASE("a claimed task does not expire", "[expire][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.expires_at = test.now + 5s;
  const TaskId id = test.enqueue(fresh);
  test.start_one();
  test.now += 6s;
  CHECK(test.expire().expired.empty());
  CHECK(test.status(id) == Status::running);
}

TEST_CASE("whoever lost a claim changes nothing any more", "[fencing][conformance][case-1][case-3][case-8][case-10][case-11][promise-I10]") {
  StoreTest test;
  const TaskId id = test.enqueue();
  const ClaimKey old = test.start_one();
  test.now += 1min;
  REQUIRE(test.expire().lost.size() == 1);
  bool finished = false;
  SECTION("while it waits") {}
  SECTION("while another runs it") { CHECK(test.start_one().epoch == old.epoch + 1); }
  SECTION("after another finished it") {
    finished = true;
    REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded);
  }
  const std::string before = test.everything(id);
  CHECK_FALSE(test.finish(StoreTest::succeeded(old, "\"late\"")).recorded);
  CHECK_FALSE(test.finish(StoreTest::failed(old, Fail{})).recorded);
  CHECK_FALSE(test.finish(StoreTest::failed(old, Requeue{test.now})).recorded);
  CHECK_FALSE(test.start(old));
  CHECK(test.renew({old}, test.now + 1h) == std::vector<ClaimKey>{old});
  CHECK_FALSE(test.progress(old, StoreTest::percent(99)));
  CHECK_FALSE(test.log(old, {"late"}));
  CHECK_FALSE(test.flag_stale(old));
  CHECK_FALSE(test.batch([&](Store& s) { return s.journal().clear_stale(old, test.now); }));
  CHECK(test.everything(id) == before);
  if (finished) CHECK(test.finish(StoreTest::succeeded(old)).status == Status::succeeded);
}

TEST_CASE("each claim of a task has a greater epoch", "[fencing][conformance][promise-I9]") {
  StoreTest test;
  test.enqueue();
  std::int64_t last = 0;
  for (int i = 0; i < 4; ++i) {
    const ClaimKey key = test.claim_one();
    CHECK(key.epoch > last);
    last = key.epoch;
    REQUIRE(test.finish(StoreTest::failed(key, Requeue{test.now, Budget::interruption}, Outcome::interrupted)).recorded);
  }
}

}  // namespace reeve::store::conformance
