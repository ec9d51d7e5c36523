// A task as text and back.
#include "store/task_text.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <tuple>

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

// A field that is added to a task does not compile here: it belongs into the text, and into full_task().
auto fields_of(const NewTask& task) {
  const auto& [kind, queue, priority, payload, metadata, run_at, max_attempts, max_crashes, overrides, labels, external_id, dedupe, expires_at,
               traceparent, created_by, parent, rerun_of, concurrency, supersede_key, order_key, fair_key, schedule, tick, after, after_policy,
               batch] = task;
  return std::tie(kind, queue, priority, payload, metadata, run_at, max_attempts, max_crashes, overrides, labels, external_id, dedupe, expires_at,
                  traceparent, created_by, parent, rerun_of, concurrency, supersede_key, order_key, fair_key, schedule, tick, after, after_policy,
                  batch);
}

}  // namespace

TEST_CASE("every field of a task comes back from its text", "[task_text]") {
  const NewTask task = task_from_text(task_to_text(full_task()));
  CHECK(task.payload == every_byte());
  CHECK((fields_of(task) == fields_of(full_task())));
}

TEST_CASE("a task that says nothing comes back the same", "[task_text]") {
  const NewTask task = task_from_text(task_to_text(NewTask{}));
  CHECK((fields_of(task) == fields_of(NewTask{})));
  NewTask empty;
  empty.external_id = "";
  empty.dedupe.emplace();
  empty.payload = "";
  CHECK((fields_of(task_from_text(task_to_text(empty))) == fields_of(empty)));
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
