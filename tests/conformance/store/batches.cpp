// Batches: what is counted in them, when they end, and what they store then.
#include "store/composition.hpp"
#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct BatchTest : StoreTest {
  static NewTask callback(std::string payload) {
    NewTask fresh = task("report");
    fresh.queue = "callbacks";
    fresh.payload = std::move(payload);
    return fresh;
  }
  static NewBatch batch_of(bool open = false) {
    NewBatch fresh;
    fresh.name = "nightly";
    fresh.metadata = R"({"a":1})";
    fresh.open = open;
    fresh.created_by = "uid:1000";
    fresh.on_success = callback("\"success\"");
    fresh.on_failure = callback("\"failure\"");
    fresh.on_finish = callback("\"finish\"");
    return fresh;
  }
  static EnqueueRequest request_of(int tasks, bool open = false) {
    EnqueueRequest request;
    request.batch = batch_of(open);
    request.tasks.assign(static_cast<std::size_t>(tasks), task());
    return request;
  }
  EnqueueDone make(const EnqueueRequest& request) { return std::get<EnqueueDone>(enqueue_all(request)); }
  EnqueueDone make(int tasks, bool open = false) { return make(request_of(tasks, open)); }
  BatchClosed close(BatchId id) {
    return batch([&](Store& s) { return s.batches().close(id, "uid:1000", now); });
  }
  Batch get_batch(BatchId id) {
    const auto found = reader->batch(id);
    REQUIRE(found.has_value());
    return *found;
  }
  ClaimKey start_echo() {
    ClaimRequest request = claim_request(1);
    request.kinds = {{"echo", 1}};
    const Task task = claim(request).tasks.at(0);
    const ClaimKey key{task.id, task.epoch};
    REQUIRE(start(key));
    return key;
  }
  Finished run_one(bool well = true) {
    const ClaimKey key = start_echo();
    return finish(well ? succeeded(key) : failed(key, Fail{}));
  }
  std::vector<std::string> callbacks(BatchId id) {
    std::vector<std::string> payloads;
    for (const TaskId task : get_batch(id).callbacks) payloads.push_back(get(task).payload);
    return payloads;
  }
  std::vector<Event> batch_events() {
    EventQuery query;
    query.types = {"batch.*"};
    return reader->events(query).events;
  }
  EnqueueAnswer add(BatchId id) {
    EnqueueRequest request;
    request.tasks.push_back(task());
    request.tasks[0].batch = id;
    return enqueue_all(request);
  }
  void check_sound() { CHECK(reader->check() == std::vector<std::string>{}); }
};

using Payloads = std::vector<std::string>;

}  // namespace

TEST_CASE("a batch is made with its tasks, counts them, and ends with the last", "[batches][conformance]") {
  BatchTest test;
  const EnqueueDone done = test.make(3);
  REQUIRE(done.batch.has_value());
  const BatchId id = *done.batch;
  Batch batch = test.get_batch(id);
  CHECK(batch.name == "nightly");
  CHECK(batch.metadata == R"({"a":1})");
  CHECK(batch.state == BatchState::closed);
  CHECK(batch.created_by == "uid:1000");
  CHECK(batch.created_at == test.now);
  CHECK(batch.closed_at == test.now);
  CHECK(batch.counts.queued == 3);
  CHECK(batch.percent == 0);
  CHECK(test.get(done.tasks[1].id).batch == id);
  CHECK(test.events(done.tasks[1].id).at(0).data == R"({"batch":1})");
  CHECK_FALSE(test.run_one().let_go);
  test.now += 5s;
  CHECK_FALSE(test.run_one().let_go);
  batch = test.get_batch(id);
  CHECK(batch.counts.succeeded == 2);
  CHECK(batch.state == BatchState::closed);
  CHECK(test.batch_events().size() == 1);
  test.now += 5s;
  CHECK(test.run_one().let_go);
  batch = test.get_batch(id);
  CHECK(batch.state == BatchState::succeeded);
  CHECK(batch.finished_at == test.now);
  CHECK(batch.percent == 100);
  CHECK(test.callbacks(id) == Payloads{"\"success\"", "\"finish\""});
  const Task callback = test.get(batch.callbacks[0]);
  CHECK(callback.created_by == "batch:1");
  CHECK(callback.queue == "callbacks");
  CHECK_FALSE(callback.batch.has_value());
  const std::vector<Event> events = test.batch_events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].type == "batch.created");
  CHECK(events[0].data == R"({"batch":1,"name":"nightly","state":"closed"})");
  CHECK_FALSE(events[0].task.has_value());
  CHECK(events[1].type == "batch.finished");
  CHECK(events[1].data == R"({"batch":1,"outcome":"succeeded","counts":{"succeeded":3,"failed":0,"cancelled":0},"callbacks":[4,5]})");
  test.check_sound();
}

TEST_CASE("one task that fails or is cancelled makes a batch fail", "[batches][conformance]") {
  BatchTest test;
  const bool fails = GENERATE(true, false);
  const EnqueueDone done = test.make(2);
  if (fails) test.run_one(false);
  else test.cancel(done.tasks[0].id);
  test.run_one();
  const Batch batch = test.get_batch(*done.batch);
  CHECK(batch.state == BatchState::failed);
  CHECK(batch.counts.ended() == 2);
  CHECK(test.callbacks(batch.id) == Payloads{"\"failure\"", "\"finish\""});
  test.check_sound();
}

TEST_CASE("an open batch takes tasks from anywhere until it is closed, and ends then", "[batches][conformance]") {
  BatchTest test;
  const BatchId id = *test.make(1, true).batch;
  CHECK(test.get_batch(id).state == BatchState::open);
  // From inside: staged by a task of it, and by name while it runs.
  const ClaimKey key = test.start_echo();
  NewTask inside = StoreTest::task();
  inside.batch = id;
  const auto once = test.batch([&](Store& s) { return s.steps().enqueue_once(key, "more", inside, test.now); });
  REQUIRE(once.has_value());
  CHECK(test.get(std::get<EnqueueDone>(*once).tasks.at(0).id).batch == id);
  Finish end = StoreTest::succeeded(key);
  end.staged = {inside};
  test.finish(end);
  CHECK(std::holds_alternative<EnqueueDone>(test.add(id)));
  CHECK(test.get_batch(id).counts.total() == 4);
  for (int i = 0; i < 3; ++i) test.run_one();
  CHECK(test.get_batch(id).state == BatchState::open);
  CHECK(test.get_batch(id).percent == 100);
  CHECK(std::holds_alternative<EnqueueDone>(test.add(id)));
  CHECK(test.close(id) == BatchClosed::closed);
  CHECK(test.get_batch(id).state == BatchState::closed);
  CHECK(test.close(id) == BatchClosed::closed_already);
  test.run_one();
  CHECK(test.get_batch(id).state == BatchState::succeeded);
  CHECK(test.close(id) == BatchClosed::closed_already);
  CHECK(test.close(BatchId{77}) == BatchClosed::not_found);
  CHECK(test.callbacks(id).size() == 2);
  std::vector<std::string> types;
  for (const Event& event : test.batch_events()) types.push_back(event.type);
  CHECK(types == std::vector<std::string>{"batch.created", "batch.closed", "batch.finished"});
  CHECK(test.batch_events()[1].data == R"({"batch":1})");
  CHECK(test.batch_events()[1].actor == "uid:1000");
  test.check_sound();
}

TEST_CASE("nothing is added to a batch that is closed, has ended, or is not there", "[batches][conformance]") {
  BatchTest test;
  const BatchId id = *test.make(1).batch;
  const auto closed = std::get<EnqueueRefused>(test.add(id));
  CHECK(closed.reason == EnqueueRefused::Reason::batch_closed);
  CHECK(closed.message == "batch 1 is closed");
  test.run_one();
  CHECK(std::get<EnqueueRefused>(test.add(id)).message == "batch 1 has ended");
  const auto unknown = std::get<EnqueueRefused>(test.add(BatchId{9}));
  CHECK(unknown.reason == EnqueueRefused::Reason::unknown_batch);
  CHECK(unknown.message == "there is no batch 9");
  CHECK(test.get_batch(id).counts.total() == 1);
}

TEST_CASE("a batch of nothing succeeds at once, or when it is closed", "[batches][conformance]") {
  BatchTest test;
  const BatchId at_once = *test.make(0).batch;
  CHECK(test.get_batch(at_once).state == BatchState::succeeded);
  CHECK(test.get_batch(at_once).percent == 0);
  CHECK(test.callbacks(at_once) == Payloads{"\"success\"", "\"finish\""});
  const BatchId later = *test.make(0, true).batch;
  CHECK(later > at_once);
  CHECK(test.get_batch(later).state == BatchState::open);
  CHECK(test.close(later) == BatchClosed::closed);
  CHECK(test.get_batch(later).state == BatchState::succeeded);
  CHECK(test.callbacks(later).size() == 2);
  test.check_sound();
}

TEST_CASE("a batch whose tasks are all doomed ends in the step that makes it", "[batches][after][conformance]") {
  BatchTest test;
  const TaskId bad = test.make_failed();
  EnqueueRequest request = BatchTest::request_of(2);
  for (NewTask& task : request.tasks) task.after.emplace_back().task = bad;
  const BatchId id = *test.make(request).batch;
  CHECK(test.get_batch(id).state == BatchState::failed);
  CHECK(test.get_batch(id).counts.cancelled == 2);
  CHECK(test.callbacks(id).size() == 2);
  test.check_sound();
}

TEST_CASE("a batch ends with a claim when that tells its last tasks", "[batches][after][conformance]") {
  BatchTest test;
  const TaskId first = test.enqueue();
  EnqueueRequest request = BatchTest::request_of(1'500);
  for (NewTask& task : request.tasks) task.after.emplace_back().task = first;
  const BatchId id = *test.make(request).batch;
  test.run_one(false);
  CHECK(test.get_batch(id).state == BatchState::closed);
  CHECK(test.get_batch(id).counts.cancelled == 1'000);
  ClaimRequest claim = test.claim_request(10);
  const ClaimAnswer answer = test.claim(claim);
  CHECK(answer.tasks.size() == 2);   // the callbacks: they are there at once
  CHECK(answer.next_due == std::nullopt);
  CHECK(test.get_batch(id).state == BatchState::failed);
  test.check_sound();
}

TEST_CASE("a callback that could never be stored is refused with its batch", "[batches][conformance]") {
  BatchTest test;
  EnqueueRequest request = BatchTest::request_of(1);
  request.batch->on_finish->after.resize(after_max + 1);
  CHECK_THROWS_AS(test.enqueue_all(request), std::invalid_argument);
  CHECK(test.reader->batches({}).batches.empty());
  CHECK(test.make(1).batch == BatchId{1});
}

TEST_CASE("a callback may come after tasks, and be added to another batch", "[batches][after][conformance]") {
  BatchTest test;
  const BatchId other = *test.make(0, true).batch;
  const TaskId slow = test.enqueue(StoreTest::task("report"));
  EnqueueRequest request = BatchTest::request_of(1);
  request.batch->on_finish->after.emplace_back().task = slow;
  request.batch->on_finish->batch = other;
  request.batch->on_success.reset();
  const BatchId id = *test.make(request).batch;
  test.run_one();
  const TaskId callback = test.get_batch(id).callbacks.at(0);
  CHECK(test.get(callback).batch == other);
  CHECK(test.reader->dependencies(callback).open == 1);
  CHECK(test.get_batch(other).counts.queued == 1);
  test.check_sound();
}

TEST_CASE("a task that stands in adds nothing to a batch", "[batches][conformance]") {
  BatchTest test;
  NewTask standing = StoreTest::task();
  standing.dedupe = Dedupe{"d", KeyScope::kind, {}};
  const TaskId stands = test.enqueue(standing);
  EnqueueRequest request = BatchTest::request_of(0);
  request.tasks = {standing};
  const EnqueueDone done = test.make(request);
  CHECK(done.tasks[0].disposition == EnqueueDisposition::reused);
  CHECK_FALSE(test.get(stands).batch.has_value());
  CHECK(test.get_batch(*done.batch).state == BatchState::succeeded);
  CHECK(test.get_batch(*done.batch).counts.total() == 0);
}

TEST_CASE("a request that is refused makes no batch, and its number is used by the next", "[batches][conformance]") {
  BatchTest test;
  NewTask named = StoreTest::task();
  named.external_id = "x";
  test.enqueue(named);
  const Cursor before = test.reader->last_event();
  EnqueueRequest request = BatchTest::request_of(1);
  request.tasks.push_back(named);
  CHECK(std::holds_alternative<EnqueueRefused>(test.enqueue_all(request)));
  CHECK(test.reader->last_event() == before);
  CHECK(test.reader->batches({}).batches.empty());
  request = BatchTest::request_of(0);
  request.tasks.push_back(named);
  CHECK(std::holds_alternative<EnqueueRefused>(test.enqueue_all(request)));
  CHECK(test.reader->batches({}).batches.empty());
  CHECK(test.make(1).batch == BatchId{1});
  test.check_sound();
}

TEST_CASE("a request key gives the batch again", "[batches][conformance]") {
  BatchTest test;
  EnqueueRequest request = BatchTest::request_of(2);
  request.request_key = "r";
  const EnqueueDone first = test.make(request);
  const EnqueueDone again = test.make(request);
  CHECK(again.replayed);
  CHECK(again.batch == first.batch);
  CHECK(again.tasks[1].id == first.tasks[1].id);
  CHECK(test.reader->batches({}).batches.size() == 1);
}

TEST_CASE("progress over a batch", "[batches][conformance]") {
  BatchTest test;
  const BatchId id = *test.make(4).batch;
  test.run_one();
  const ClaimKey key = test.start_echo();
  REQUIRE(test.progress(key, StoreTest::percent(50)));
  test.start_echo();   // has told nothing
  const Batch batch = test.get_batch(id);
  CHECK(batch.percent == Approx(37.5));
  CHECK(batch.counts.running == 2);
  CHECK(batch.counts.queued == 1);
  CHECK(batch.counts.succeeded == 1);
}

TEST_CASE("deleted tasks stay counted, and a batch that has ended goes with the last", "[batches][conformance]") {
  BatchTest test;
  const EnqueueDone done = test.make(3);
  test.run_one();
  test.run_one(false);
  REQUIRE(test.remove(done.tasks[0].id) == RemoveResult::removed);
  REQUIRE(test.remove(done.tasks[1].id) == RemoveResult::removed);
  CHECK(test.get_batch(*done.batch).counts.total() == 3);
  CHECK(test.get_batch(*done.batch).counts.failed == 1);
  test.check_sound();
  test.run_one();
  const Batch batch = test.get_batch(*done.batch);
  CHECK(batch.state == BatchState::failed);
  CHECK(batch.counts.succeeded == 2);
  CHECK(batch.counts.failed == 1);
  test.check_sound();
  REQUIRE(test.remove(done.tasks[2].id) == RemoveResult::removed);
  CHECK_FALSE(test.reader->batch(*done.batch).has_value());
  CHECK(test.make(1).batch == BatchId{2});
  test.check_sound();
}

TEST_CASE("an open batch outlives its tasks", "[batches][conformance]") {
  BatchTest test;
  const EnqueueDone done = test.make(1, true);
  test.run_one(false);
  REQUIRE(test.remove(done.tasks[0].id) == RemoveResult::removed);
  CHECK(test.get_batch(*done.batch).counts.failed == 1);
  CHECK(test.close(*done.batch) == BatchClosed::closed);
  CHECK(test.get_batch(*done.batch).state == BatchState::failed);
  CHECK(test.callbacks(*done.batch) == Payloads{"\"failure\"", "\"finish\""});
  test.check_sound();
}

TEST_CASE("retention lets a batch without tasks go when succeeded tasks of its age go", "[batches][retention][conformance]") {
  BatchTest test;
  EnqueueRequest empty;
  empty.batch.emplace();
  const BatchId id = *test.make(empty).batch;
  RetentionPolicy policy;
  policy.succeeded = 1h;
  const auto retain = [&] { return test.batch([&](Store& s) { return s.maintenance().retain(policy, test.now, 100); }); };
  test.now += 1h;
  CHECK(retain().next_due == test.now + 1ms);
  CHECK(test.reader->batch(id).has_value());
  test.now += 1ms;
  CHECK_FALSE(retain().more);
  CHECK_FALSE(test.reader->batch(id).has_value());
  CHECK(test.make(empty).batch == BatchId{2});
  test.check_sound();
}

TEST_CASE("how a batch ended is not changed by a retry, and its callbacks are stored once", "[batches][retry][conformance]") {
  BatchTest test;
  const EnqueueDone done = test.make(1);
  test.run_one(false);
  const Batch ended = test.get_batch(*done.batch);
  REQUIRE(test.retry(done.tasks[0].id) == RetryResult::requeued);
  test.check_sound();
  CHECK(test.get_batch(*done.batch).state == BatchState::failed);
  CHECK(test.get_batch(*done.batch).counts.queued == 1);
  test.run_one();
  const Batch after = test.get_batch(*done.batch);
  CHECK(after.state == BatchState::failed);
  CHECK(after.finished_at == ended.finished_at);
  CHECK(after.callbacks == ended.callbacks);
  CHECK(test.counts()["callbacks/report/queued"] == 2);
  CHECK(test.batch_events().size() == 2);
  test.check_sound();
}

TEST_CASE("a member that is retried before the batch ended is waited for", "[batches][retry][conformance]") {
  BatchTest test;
  const EnqueueDone done = test.make(2);
  test.run_one(false);
  REQUIRE(test.retry(done.tasks[0].id) == RetryResult::requeued);
  test.run_one();
  CHECK(test.get_batch(*done.batch).state == BatchState::closed);
  test.run_one();
  CHECK(test.get_batch(*done.batch).state == BatchState::succeeded);
  test.check_sound();
}

TEST_CASE("a callback that cannot be stored takes nothing with it", "[batches][conformance]") {
  BatchTest test;
  EnqueueRequest request = BatchTest::request_of(1);
  request.batch->on_success->external_id = "taken";
  const EnqueueDone done = test.make(request);
  NewTask holder = StoreTest::task("report");
  holder.external_id = "taken";
  test.enqueue(holder);
  CHECK(test.run_one().recorded);
  CHECK(test.get_batch(*done.batch).state == BatchState::succeeded);
  CHECK(test.callbacks(*done.batch) == Payloads{"\"finish\""});
  CHECK(test.batch_events().back().data ==
        R"({"batch":1,"outcome":"succeeded","counts":{"succeeded":1,"failed":0,"cancelled":0},"callbacks":[3],"refused":{"on_success":"external_id_taken"}})");
}

TEST_CASE("callbacks that end the tasks of other batches end those, too", "[batches][conformance]") {
  BatchTest test;
  NewTask victim = StoreTest::task("report");
  victim.supersede_key = "s";
  EnqueueRequest second;
  second.batch = BatchTest::batch_of();
  second.tasks = {victim};
  const BatchId other = *test.make(second).batch;
  EnqueueRequest first = BatchTest::request_of(1);
  first.batch->on_finish = victim;
  const BatchId id = *test.make(first).batch;
  test.run_one();
  CHECK(test.get_batch(id).state == BatchState::succeeded);
  CHECK(test.get_batch(other).state == BatchState::failed);
  CHECK(test.callbacks(other) == Payloads{"\"failure\"", "\"finish\""});
  test.check_sound();
}

TEST_CASE("a task of a batch may end while another is stored", "[batches][conformance]") {
  BatchTest test;
  NewTask newest = StoreTest::task();
  newest.supersede_key = "s";
  EnqueueRequest request;
  request.batch = BatchTest::batch_of();
  request.tasks = {newest};
  const BatchId id = *test.make(request).batch;
  const Enqueued next = test.enqueue_one(newest);
  CHECK(next.disposition == EnqueueDisposition::superseded);
  CHECK(test.get_batch(id).state == BatchState::failed);
  for (const TaskId callback : test.get_batch(id).callbacks) CHECK(callback > next.id);
  test.check_sound();
}

TEST_CASE("batches are listed newest first, page by page and by state; tasks by batch", "[batches][conformance]") {
  BatchTest test;
  std::vector<BatchId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(*test.make(2, i % 2 == 0).batch);
  BatchQuery query;
  query.limit = 2;
  BatchPage page = test.reader->batches(query);
  REQUIRE(page.batches.size() == 2);
  CHECK(page.more);
  CHECK(page.batches[0].id == ids[4]);
  CHECK(page.batches[1] == test.get_batch(ids[3]));
  query.before = ids[1];
  page = test.reader->batches(query);
  REQUIRE(page.batches.size() == 1);
  CHECK_FALSE(page.more);
  query = {};
  query.state = BatchState::open;
  CHECK(test.reader->batches(query).batches.size() == 3);
  query.limit = 2;
  CHECK(test.reader->batches(query).more);
  query.state = BatchState::failed;
  CHECK(test.reader->batches(query).batches.empty());
  ListQuery list;
  list.selector.batch = ids[3];
  const TaskPage tasks = test.reader->list(list, test.now);
  REQUIRE(tasks.tasks.size() == 2);
  CHECK(tasks.tasks[0].id == TaskId{8});
  CHECK(tasks.tasks[1].id == TaskId{7});
  CHECK(tasks.tasks[0].batch == ids[3]);
  list.selector.states = {State::failed};
  CHECK(test.reader->list(list, test.now).tasks.empty());
}

}  // namespace reeve::store::conformance
