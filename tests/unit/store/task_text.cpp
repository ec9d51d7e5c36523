// A task as text and back.
#include "store/task_text.hpp"

#include <catch2/catch.hpp>

#include "store/store.hpp"

namespace reeve::store {
namespace {

std::string every_byte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

// No field is as it is when nothing is said.
NewTask full_task() {
  NewTask task;
  task.kind = "report";
  task.queue = "q";
  task.priority = 9;
  task.payload = every_byte();
  task.metadata = R"({"a":"\u00e4"})";
  task.run_at = from_ms(1'800'000'000'123);
  task.max_attempts = 7;
  task.max_crashes = 2;
  task.overrides = R"({"timeout":5})";
  task.labels = {{"a", "1"}, {"b", ""}};
  task.external_id = "order \"7\"\n";
  task.dedupe = Dedupe{"d", KeyScope::global, for_ever};
  task.expires_at = from_ms(-5);
  task.traceparent = "00-1-2-3";
  task.created_by = "uid:0";
  task.parent = TaskId{std::numeric_limits<std::int64_t>::max()};
  task.rerun_of = TaskId{3};
  task.concurrency = Concurrency{"c", 4, KeyScope::kind, OnConflict::queue_latest};
  task.supersede_key = "s";
  task.order_key = "o";
  task.fair_key = "f";
  task.schedule = "nightly";
  task.tick = from_ms(1);
  task.after.resize(3);
  task.after[0].task = TaskId{12};
  task.after[1].external_id = "x";
  task.after[2].item = 0;
  task.after_policy = AfterPolicy::finished;
  task.batch = BatchId{5};
  return task;
}

void check_same(const NewTask& a, const NewTask& b) {
  CHECK(a.kind == b.kind);
  CHECK(a.queue == b.queue);
  CHECK(a.priority == b.priority);
  CHECK(a.payload == b.payload);
  CHECK(a.metadata == b.metadata);
  CHECK(a.run_at == b.run_at);
  CHECK(a.max_attempts == b.max_attempts);
  CHECK(a.max_crashes == b.max_crashes);
  CHECK(a.overrides == b.overrides);
  CHECK(a.labels == b.labels);
  CHECK(a.external_id == b.external_id);
  CHECK(a.dedupe == b.dedupe);
  CHECK(a.expires_at == b.expires_at);
  CHECK(a.traceparent == b.traceparent);
  CHECK(a.created_by == b.created_by);
  CHECK(a.parent == b.parent);
  CHECK(a.rerun_of == b.rerun_of);
  CHECK(a.concurrency == b.concurrency);
  CHECK(a.supersede_key == b.supersede_key);
  CHECK(a.order_key == b.order_key);
  CHECK(a.fair_key == b.fair_key);
  CHECK(a.schedule == b.schedule);
  CHECK(a.tick == b.tick);
  CHECK(a.after == b.after);
  CHECK(a.after_policy == b.after_policy);
  CHECK(a.batch == b.batch);
}

}  // namespace

TEST_CASE("every field of a task comes back from its text", "[task_text]") {
  check_same(task_from_text(task_to_text(full_task())), full_task());
  // A field that is added to a task must be added to the text and to this test.
  STATIC_REQUIRE(sizeof(NewTask) == 784);
}

TEST_CASE("a task that says nothing comes back the same", "[task_text]") {
  const NewTask task = task_from_text(task_to_text(NewTask{}));
  check_same(task, NewTask{});
  NewTask empty;
  empty.external_id = "";
  empty.dedupe.emplace();
  empty.payload = "";
  check_same(task_from_text(task_to_text(empty)), empty);
}

TEST_CASE("text that is no task is refused", "[task_text]") {
  CHECK_THROWS(task_from_text(""));
  CHECK_THROWS(task_from_text("[]"));
  CHECK_THROWS(task_from_text("{}"));
  std::string text = task_to_text(full_task());
  text.replace(text.find("finished"), 8, "whenever");
  CHECK_THROWS_WITH(task_from_text(text), Catch::Contains("after_policy") && Catch::Contains("whenever"));
}

}  // namespace reeve::store
