#include "tests/conformance/store/fixture.hpp"

namespace reeve::store::conformance {
namespace {

struct Rerunning : StoreTest {
  RerunAnswer rerun(const RerunRequest& request) {
    return batch([&](Store& s) { return s.tasks().rerun(request, now); });
  }
  RerunAnswer rerun(TaskId id) {
    RerunRequest request;
    request.task = id;
    request.actor = "uid:0";
    return rerun(request);
  }
  TaskId end(const NewTask& fresh) {
    const TaskId id = enqueue(fresh);
    REQUIRE(finish(failed(start_one(), Fail{})).recorded);
    return id;
  }
};

NewTask with_everything() {
  NewTask fresh = StoreTest::task();
  fresh.priority = 7;
  fresh.metadata = R"({"m":1})";
  fresh.overrides = R"({"timeout_ms":1000})";
  fresh.max_attempts = 9;
  fresh.max_crashes = 8;
  fresh.labels = {{"a", "1"}};
  fresh.external_id = "order/7";
  fresh.dedupe = Dedupe{"d"};
  fresh.dedupe->window = for_ever;
  fresh.concurrency = Concurrency{};
  fresh.concurrency->key = "c";
  fresh.concurrency->limit = 2;
  fresh.concurrency->scope = KeyScope::kind;
  fresh.supersede_key = "s";
  fresh.order_key = "o";
  fresh.fair_key = "tenant";
  fresh.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  fresh.schedule = "nightly";
  fresh.tick = from_ms(1'799'000'000'000);
  return fresh;
}

}  // namespace

TEST_CASE("an ended task is rerun as a new one, without what belongs to the old", "[rerun][conformance][case-D106]") {
  Rerunning test;
  const TaskId id = test.end(with_everything());
  const std::string before = test.everything(id);
  test.now += 1s;
  const RerunAnswer answer = test.rerun(id);
  REQUIRE(answer.result == RerunResult::rerun);
  CHECK(answer.task.disposition == EnqueueDisposition::created);
  CHECK(answer.task.id > id);
  const Task fresh = test.get(answer.task.id);
  const NewTask old = with_everything();
  CHECK(fresh.status == Status::queued);
  CHECK(fresh.rerun_of == id);
  CHECK(fresh.created_by == "uid:0");
  CHECK(fresh.created_at == test.now);
  CHECK(fresh.run_at == test.now);
  CHECK((fresh.kind == old.kind && fresh.queue == old.queue && fresh.priority == old.priority && fresh.payload == old.payload));
  CHECK((fresh.metadata == old.metadata && fresh.overrides == old.overrides && fresh.labels == old.labels));
  CHECK((fresh.max_attempts == 9 && fresh.max_crashes == 8 && fresh.attempt == 0 && fresh.generation == 1));
  CHECK(fresh.concurrency == old.concurrency);
  CHECK((fresh.supersede_key == "s" && fresh.order_key == "o" && fresh.fair_key == "tenant"));
  CHECK((!fresh.dedupe && !fresh.external_id && fresh.schedule.empty() && !fresh.tick && !fresh.parent && fresh.traceparent.empty()));
  const Task kept = test.get(id);
  CHECK((kept.status == Status::failed && kept.dedupe && kept.external_id && kept.error));
  CHECK(before.substr(0, before.find(" last event")) == test.everything(id).substr(0, before.find(" last event")));
  CHECK(test.events(answer.task.id).at(0).data.find("\"rerun_of\":" + std::to_string(number(id))) != std::string::npos);
  REQUIRE(test.finish(StoreTest::succeeded(test.start_one())).recorded);
  CHECK(test.reader->check().empty());
}

TEST_CASE("succeeded and cancelled tasks are rerun, open and unknown ones are not", "[rerun][conformance][case-D106]") {
  Rerunning test;
  CHECK(test.rerun(test.make_succeeded()).result == RerunResult::rerun);
  REQUIRE(test.claim().size() == 1);
  CHECK(test.rerun(test.make_cancelled()).result == RerunResult::rerun);
  REQUIRE(test.claim().size() == 1);
  const TaskId open = test.enqueue();
  CHECK(test.rerun(open).result == RerunResult::not_terminal);
  test.start_one();
  const Cursor last = test.reader->last_event();
  CHECK(test.rerun(open).result == RerunResult::not_terminal);
  CHECK(test.rerun(TaskId{4711}).result == RerunResult::not_found);
  CHECK(test.reader->last_event() == last);
}

TEST_CASE("a rerun may bring another payload", "[rerun][conformance]") {
  Rerunning test;
  const TaskId id = test.make_failed();
  RerunRequest request;
  request.task = id;
  request.payload = "[2]";
  const RerunAnswer answer = test.rerun(request);
  CHECK(test.get(answer.task.id).payload == "[2]");
  CHECK(test.get(id).payload == R"({"n":1})");
}

TEST_CASE("a rerun obeys the policy of its concurrency key", "[rerun][keys][conformance][case-D108]") {
  Rerunning test;
  NewTask fresh = StoreTest::task();
  fresh.concurrency = Concurrency{};
  fresh.concurrency->key = "c";
  const auto with = [&](OnConflict policy) {
    fresh.concurrency->on_conflict = policy;
    return test.end(fresh);
  };
  SECTION("reject") {
    const TaskId id = with(OnConflict::reject);
    const TaskId holder = test.enqueue(fresh);
    const Cursor last = test.reader->last_event();
    const RerunAnswer answer = test.rerun(id);
    CHECK(answer.result == RerunResult::key_busy);
    CHECK(answer.holder == holder);
    CHECK(test.reader->last_event() == last);
    REQUIRE(test.cancel(holder).result == CancelResult::cancelled);
    CHECK(test.rerun(id).result == RerunResult::rerun);
  }
  SECTION("skip") {
    const TaskId id = with(OnConflict::skip);
    const TaskId holder = test.enqueue(fresh);
    const RerunAnswer answer = test.rerun(id);
    CHECK(answer.result == RerunResult::coalesced);
    CHECK(answer.task.id == holder);
  }
  SECTION("supersede") {
    const TaskId id = with(OnConflict::supersede);
    const TaskId holder = test.enqueue(fresh);
    test.start_one();
    const RerunAnswer answer = test.rerun(id);
    CHECK(answer.result == RerunResult::rerun);
    CHECK(answer.task.superseded == std::vector<TaskId>{holder});
    CHECK(answer.task.stop.size() == 1);
  }
  CHECK(test.reader->check().empty());
}

TEST_CASE("a rerun with a request key is made once", "[rerun][conformance]") {
  Rerunning test;
  const TaskId id = test.make_failed();
  RerunRequest request;
  request.task = id;
  request.request_key = "k";
  request.fingerprint = "f";
  const RerunAnswer first = test.rerun(request);
  REQUIRE(first.result == RerunResult::rerun);
  CHECK_FALSE(first.replayed);
  REQUIRE(test.remove(id) == RemoveResult::removed);
  const RerunAnswer second = test.rerun(request);
  CHECK(second.result == RerunResult::rerun);
  CHECK(second.replayed);
  CHECK(second.task.id == first.task.id);
  request.fingerprint = "g";
  CHECK(test.rerun(request).result == RerunResult::request_key_reused);
  CHECK(test.counts()["default/echo/queued"] == 1);
}

}  // namespace reeve::store::conformance
