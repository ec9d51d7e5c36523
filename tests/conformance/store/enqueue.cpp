#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {

TEST_CASE("an enqueued task is read back as it was given", "[enqueue][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task("report");
  fresh.queue = "reports";
  fresh.priority = 7;
  fresh.payload = "{\"text\": \"\\u00e4 and  two spaces\"}";
  fresh.metadata = R"({"icon":"x"})";
  fresh.overrides = R"({"timeout":"5s"})";
  fresh.labels = {{"tenant", "acme"}, {"region", "eu"}};
  fresh.external_id = "order-17";
  fresh.dedupe = Dedupe{"k", KeyScope::global};
  fresh.max_attempts = 9;
  fresh.max_crashes = 2;
  fresh.expires_at = test.now + 1h;
  fresh.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  fresh.parent = TaskId{77};
  fresh.rerun_of = TaskId{78};
  const TaskId id = test.enqueue(fresh);
  const Task task = test.get(id);
  CHECK(task.kind == "report");
  CHECK(task.queue == "reports");
  CHECK(task.priority == 7);
  CHECK(task.payload == fresh.payload);
  CHECK(task.metadata == fresh.metadata);
  CHECK(task.overrides == fresh.overrides);
  CHECK(task.labels == fresh.labels);
  CHECK(task.external_id == fresh.external_id);
  CHECK(task.dedupe == fresh.dedupe);
  CHECK(task.max_attempts == 9);
  CHECK(task.max_crashes == 2);
  CHECK(task.expires_at == fresh.expires_at);
  CHECK(task.traceparent == fresh.traceparent);
  CHECK(task.parent == TaskId{77});
  CHECK(task.rerun_of == TaskId{78});
  CHECK(task.created_by == "uid:1000");
  CHECK(task.created_at == test.now);
  CHECK(task.run_at == test.now);
  CHECK(task.status == Status::queued);
  CHECK(task.attempt == 0);
  CHECK(task.epoch == 0);
  CHECK(task.generation == 1);
  CHECK_FALSE(task.result);
  CHECK_FALSE(task.error);
  CHECK(test.reader->find_external("order-17") == id);
  CHECK_FALSE(test.reader->find_external("order-18"));
}

TEST_CASE("payloads are kept byte for byte", "[enqueue][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.payload = std::string("{\"a\":1,\n\t\"a\" : 2.50e+01,\"\\u0000\":\"\xF0\x9F\x90\xA6\"}  ");
  CHECK(test.get(test.enqueue(fresh)).payload == fresh.payload);
  fresh.payload = "\"" + std::string(1 << 20, 'x') + "\"";
  CHECK(test.get(test.enqueue(fresh)).payload == fresh.payload);
}

TEST_CASE("ids rise", "[enqueue][conformance]") {
  StoreTest test;
  const TaskId first = test.enqueue();
  const TaskId second = test.enqueue();
  CHECK(second > first);
}

TEST_CASE("an equal open task is returned in place of a new one", "[enqueue][dedupe][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k"};
  const Enqueued first = test.enqueue_one(fresh);
  CHECK(first.disposition == EnqueueDisposition::created);
  const Enqueued second = test.enqueue_one(fresh);
  CHECK(second.id == first.id);
  CHECK(second.disposition == EnqueueDisposition::reused);
  CHECK_FALSE(second.payload_differs);
  CHECK(test.event_types(first.id) == std::vector<std::string>{"task.enqueued"});
}

TEST_CASE("a reused task says when the payload is another", "[enqueue][dedupe][conformance][case-53]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k"};
  const Enqueued first = test.enqueue_one(fresh);
  fresh.payload = R"({"n":2})";
  const Enqueued second = test.enqueue_one(fresh);
  CHECK(second.id == first.id);
  CHECK(second.payload_differs);
  CHECK(test.get(first.id).payload == R"({"n":1})");
}

TEST_CASE("a dedupe key is free again once its task is terminal", "[enqueue][dedupe][conformance][case-50]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k"};
  const Enqueued first = test.enqueue_one(fresh);
  SECTION("succeeded") { REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded); }
  SECTION("failed") { REQUIRE(test.finish(StoreTest::failed(test.start_one(), Fail{})).recorded); }
  SECTION("cancelled") { REQUIRE(test.cancel(first.id).result == CancelResult::cancelled); }
  const Enqueued second = test.enqueue_one(fresh);
  CHECK(second.disposition == EnqueueDisposition::created);
  CHECK(second.id != first.id);
}

TEST_CASE("a dedupe key is free again once its task is removed", "[enqueue][dedupe][conformance][case-56]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k"};
  const TaskId first = test.enqueue(fresh);
  test.cancel(first);
  REQUIRE(test.remove(first) == RemoveResult::removed);
  CHECK(test.enqueue_one(fresh).disposition == EnqueueDisposition::created);
}

TEST_CASE("a dedupe key holds while its task waits for a retry", "[enqueue][dedupe][conformance][case-88]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k"};
  const TaskId first = test.enqueue(fresh);
  REQUIRE(test.finish(StoreTest::failed(test.start_one(), Requeue{test.now + 1min})).recorded);
  CHECK(test.enqueue_one(fresh).id == first);
  CHECK(test.state(first) == State::retrying);
}

TEST_CASE("a dedupe key of a kind is another for another kind", "[enqueue][dedupe][conformance][case-51]") {
  StoreTest test;
  NewTask fresh = StoreTest::task("echo");
  fresh.dedupe = Dedupe{"k"};
  test.enqueue(fresh);
  fresh.kind = "report";
  CHECK(test.enqueue_one(fresh).disposition == EnqueueDisposition::created);
}

TEST_CASE("a global dedupe key is one for all kinds", "[enqueue][dedupe][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task("echo");
  fresh.dedupe = Dedupe{"k", KeyScope::global};
  const TaskId first = test.enqueue(fresh);
  fresh.kind = "report";
  CHECK(test.enqueue_one(fresh).id == first);
  fresh.dedupe->scope = KeyScope::kind;
  CHECK(test.enqueue_one(fresh).disposition == EnqueueDisposition::created);
}

TEST_CASE("tasks without a key are all created", "[enqueue][dedupe][conformance][case-78]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(20, StoreTest::task());
  const auto done = std::get<EnqueueDone>(test.enqueue_all(request));
  CHECK(done.tasks.size() == 20);
  CHECK(test.counts()["default/echo/queued"] == 20);
}

TEST_CASE("the items of one request see each other's dedupe keys", "[enqueue][dedupe][conformance][case-76]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(3, StoreTest::task());
  request.tasks[0].dedupe = request.tasks[2].dedupe = Dedupe{"k"};
  request.tasks[2].payload = "2";
  const auto done = std::get<EnqueueDone>(test.enqueue_all(request));
  REQUIRE(done.tasks.size() == 3);
  CHECK(done.tasks[2].id == done.tasks[0].id);
  CHECK(done.tasks[2].disposition == EnqueueDisposition::reused);
  CHECK(done.tasks[2].payload_differs);
  CHECK(done.tasks[1].id != done.tasks[0].id);
  CHECK(test.counts()["default/echo/queued"] == 2);
}

TEST_CASE("a request of which one item is refused stores nothing", "[enqueue][conformance][case-75]") {
  StoreTest test;
  NewTask holder = StoreTest::task();
  holder.external_id = "x";
  const TaskId held = test.enqueue(holder);
  const Cursor before = test.reader->last_event();
  EnqueueRequest request;
  request.tasks.assign(3, StoreTest::task());
  request.tasks[0].dedupe = Dedupe{"k"};
  request.tasks[2].external_id = "x";
  const auto refused = std::get<EnqueueRefused>(test.enqueue_all(request));
  CHECK(refused.reason == EnqueueRefused::Reason::external_id_taken);
  CHECK(refused.item == 2);
  CHECK(refused.holder == held);
  CHECK(test.counts()["default/echo/queued"] == 1);
  CHECK(test.reader->last_event() == before);
  CHECK(number(test.enqueue()) == number(held) + 1);
}

TEST_CASE("two items of one request cannot have one external id", "[enqueue][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(2, StoreTest::task());
  request.tasks[0].external_id = request.tasks[1].external_id = "x";
  CHECK(std::get<EnqueueRefused>(test.enqueue_all(request)).item == 1);
  CHECK(test.counts().empty());
}

TEST_CASE("an external id stays taken after its task has ended", "[enqueue][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.external_id = "x";
  test.enqueue(fresh);
  REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded);
  EnqueueRequest request;
  request.tasks = {fresh};
  CHECK(std::holds_alternative<EnqueueRefused>(test.enqueue_all(request)));
}

TEST_CASE("the same request key gives the first answer again and stores nothing", "[enqueue][idempotency][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(2, StoreTest::task());
  request.request_key = "client-1";
  request.fingerprint = "f";
  const auto first = std::get<EnqueueDone>(test.enqueue_all(request));
  CHECK_FALSE(first.replayed);
  const auto second = std::get<EnqueueDone>(test.enqueue_all(request));
  CHECK(second.replayed);
  REQUIRE(second.tasks.size() == 2);
  CHECK(second.tasks[0].id == first.tasks[0].id);
  CHECK(second.tasks[1].id == first.tasks[1].id);
  CHECK(second.tasks[1].disposition == EnqueueDisposition::created);
  CHECK(test.counts()["default/echo/queued"] == 2);
}

TEST_CASE("a request key with another body is a conflict", "[enqueue][idempotency][conformance]") {
  StoreTest test;
  EnqueueRequest request;
  request.tasks.assign(1, StoreTest::task());
  request.request_key = "client-1";
  request.fingerprint = "f";
  test.enqueue_all(request);
  request.fingerprint = "g";
  CHECK(std::get<EnqueueRefused>(test.enqueue_all(request)).reason == EnqueueRefused::Reason::request_key_reused);
  CHECK(test.counts()["default/echo/queued"] == 1);
}

TEST_CASE("a refused request is not remembered", "[enqueue][idempotency][conformance]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.external_id = "x";
  const TaskId holder = test.enqueue(fresh);
  EnqueueRequest request;
  request.tasks = {fresh};
  request.request_key = "client-1";
  REQUIRE(std::holds_alternative<EnqueueRefused>(test.enqueue_all(request)));
  test.cancel(holder);
  test.remove(holder);
  CHECK_FALSE(std::get<EnqueueDone>(test.enqueue_all(request)).replayed);
}

TEST_CASE("64 enqueues of one key in one batch make one task", "[enqueue][dedupe][conformance][promise-I28]") {
  StoreTest test;
  NewTask fresh = StoreTest::task();
  fresh.dedupe = Dedupe{"k"};
  std::vector<TaskId> ids;
  test.batch([&](Store& s) {
    ids.clear();
    for (int i = 0; i < 64; ++i) {
      EnqueueRequest request;
      request.tasks = {fresh};
      ids.push_back(std::get<EnqueueDone>(s.tasks().enqueue(request, test.now)).tasks[0].id);
    }
  });
  CHECK(std::all_of(ids.begin(), ids.end(), [&](TaskId id) { return id == ids[0]; }));
  CHECK(test.counts()["default/echo/queued"] == 1);
}

}  // namespace reeve::store::conformance
