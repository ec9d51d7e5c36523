// Tasks behind a busy key cost nobody anything: not the claims of others, and not the end of the task that has the key.
#include <catch2/catch.hpp>

#include "tests/unit/store/counted_store.hpp"

namespace reeve::store {
namespace {

NewTask keyed(bool in_line) {
  NewTask task = CountedStore::task();
  if (in_line) {
    task.order_key = "l";
    return task;
  }
  task.concurrency.emplace().key = "c";
  return task;
}

struct KeySteps {
  int claim = 0;      // of ten free tasks enqueued behind all that are held back
  int finish = 0;     // of the task that has the key
};

KeySteps steps_behind_a_key(int held_back, bool in_line) {
  CountedStore store;
  EnqueueRequest holder;
  holder.tasks.push_back(keyed(in_line));
  (void)store.enqueue(holder);
  const Task running = store.claim_one();
  EnqueueRequest others;
  others.tasks.assign(static_cast<std::size_t>(held_back), keyed(in_line));
  others.tasks.insert(others.tasks.end(), 20, CountedStore::task());
  (void)store.enqueue(others);
  KeySteps steps;
  std::size_t taken = 0;
  steps.claim = store.steps_of([&] { taken = store.tasks->claim(CountedStore::claim_of(10), now).tasks.size(); });
  REQUIRE(taken == 10);
  steps.finish = store.steps_of([&] { REQUIRE(store.finish(running).let_go); });
  return steps;
}

// An enqueue beside `ready` tasks of the same key, whose limit lets all of them run.
int steps_of_an_enqueue(int ready) {
  CountedStore store;
  NewTask wide = keyed(false);
  wide.concurrency->limit = 1'000'000;
  EnqueueRequest all;
  all.tasks.assign(static_cast<std::size_t>(ready), wide);
  (void)store.enqueue(all);
  all.tasks.resize(1);
  return store.steps_of([&] { (void)store.enqueue(all); });
}

}  // namespace

TEST_CASE("an enqueue costs the same however many of its key are ready, whatever the limit", "[enqueue][keys][sqlite]") {
  const int few = steps_of_an_enqueue(10);
  const int many = steps_of_an_enqueue(5'000);
  INFO(few << " and " << many << " steps an enqueue");
  CHECK(few > 0);
  CHECK(many < few * 5 / 4);
}

TEST_CASE("tasks behind a busy key or in a line cost a claim nothing, and their holder little", "[claim][keys][sqlite][promise-I27]") {
  const bool in_line = GENERATE(false, true);
  const KeySteps few = steps_behind_a_key(10, in_line);
  const KeySteps many = steps_behind_a_key(20'000, in_line);
  INFO((in_line ? "line: " : "key: ") << few.claim << " and " << many.claim << " steps a claim, " << few.finish << " and " << many.finish << " a finish");
  CHECK(few.claim > 0);
  CHECK(many.claim < few.claim * 5 / 4);
  CHECK(many.finish < few.finish * 5 / 4);
}

}  // namespace reeve::store
