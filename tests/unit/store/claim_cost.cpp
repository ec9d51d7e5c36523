// A claim costs what it takes, not what is there: counted in steps of SQLite's machine, which do not depend on the load of this one.
#include <catch2/catch.hpp>

#include "tests/unit/store/counted_store.hpp"

namespace reeve::store {
namespace {

using namespace std::chrono_literals;

void add(std::vector<NewTask>& tasks, int count, const char* kind, Timestamp run_at) {
  for (int i = 0; i < count; ++i) {
    NewTask& task = tasks.emplace_back();
    task.kind = kind;
    task.queue = "default";
    task.run_at = run_at;
  }
}

// Timers and sleeps that are far from over, of a task that runs.
void add_alarms(sqlite::SqliteTasks& tasks, sqlite::SqliteSteps& steps, int count) {
  EnqueueRequest request;
  add(request.tasks, 1, "alarmed", now);
  (void)tasks.enqueue(request, now);
  ClaimRequest claim;
  claim.lease_expires_at = now + 15s;
  claim.kinds = {{"alarmed", 1}};
  const Task task = tasks.claim(claim, now).tasks.at(0);
  const ClaimKey key{task.id, task.epoch};
  for (int i = 0; i < count; ++i) {
    WaitRequest sleep;
    sleep.name = "sleep " + std::to_string(i);
    sleep.until = now + 1h;
    (void)steps.wait(key, sleep, now);
    (void)steps.set_timer(key, std::to_string(i), now + 1h, now);
  }
}

// Steps of one claim of ten tasks beside `others` that it cannot take: ready ones of another kind, and ones whose time has not come.
int steps_of_a_claim(int others) {
  CountedStore store;
  sqlite::SqliteSteps parts(*store.session, *store.tasks);
  EnqueueRequest request;
  add(request.tasks, others, "another", now);
  add(request.tasks, others, "echo", now + 1h);
  add(request.tasks, 20, "echo", now);
  (void)store.enqueue(request);
  add_alarms(*store.tasks, parts, others / 10);
  std::size_t taken = 0;
  const int steps = store.steps_of([&] { taken = store.tasks->claim(CountedStore::claim_of(10), now).tasks.size(); });
  REQUIRE(taken == 10);
  return steps;
}

}  // namespace

TEST_CASE("the cost of a claim does not depend on what it cannot take", "[claim][sqlite][promise-I27]") {
  const int few = steps_of_a_claim(10);
  const int many = steps_of_a_claim(5'000);
  INFO(few << " steps beside 20 others, " << many << " beside 10000");
  CHECK(few > 0);
  CHECK(many < few * 5 / 4);
}

}  // namespace reeve::store
