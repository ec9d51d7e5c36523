// What the end of a task costs that others come after, or that is in a batch: no more when there are thousands. Counted in steps of SQLite's
// machine.
#include <catch2/catch.hpp>

#include "store/sqlite/reader.hpp"
#include "tests/unit/store/counted_store.hpp"

namespace reeve::store {
namespace {

using namespace std::chrono_literals;

int steps_of_an_end(int dependents) {
  CountedStore store;
  EnqueueRequest first;
  first.tasks.push_back(CountedStore::task());
  const TaskId id = store.enqueue(first).tasks.at(0).id;
  EnqueueRequest others;
  others.tasks.assign(static_cast<std::size_t>(dependents), CountedStore::task());
  for (NewTask& task : others.tasks) task.after.emplace_back().task = id;
  if (dependents > 0) store.enqueue(others);
  const Task running = store.claim_one();
  REQUIRE(running.id == id);
  return store.steps_of([&] { REQUIRE(store.finish(running).let_go == (dependents > 0)); });
}

// Of a member that is not the last to end.
int steps_of_a_member(int members) {
  CountedStore store;
  EnqueueRequest request;
  request.tasks.assign(static_cast<std::size_t>(members), CountedStore::task());
  if (members > 1) request.batch.emplace();
  store.enqueue(request);
  (void)store.finish(store.claim_one());
  if (members == 1) store.enqueue(request);
  const Task running = store.claim_one();
  return store.steps_of([&] { REQUIRE_FALSE(store.finish(running).let_go); });
}

}  // namespace

TEST_CASE("the end of a task costs no more for twenty thousand that come after it than for a thousand", "[after][sqlite][cost]") {
  const int none = steps_of_an_end(0);
  const int ten = steps_of_an_end(10);
  const int piece = steps_of_an_end(promotion_chunk);
  const int many = steps_of_an_end(20'000);
  INFO(none << " steps without, " << ten << " with ten, " << piece << " with a thousand, " << many << " with twenty thousand");
  CHECK(none > 0);
  CHECK(ten > none);
  CHECK(many < piece * 5 / 4);
  CHECK(piece < ten * promotion_chunk / 10 * 5 / 4);
}

TEST_CASE("the end of a task costs no more in a large batch", "[batches][sqlite][cost]") {
  const int alone = steps_of_a_member(1);
  const int few = steps_of_a_member(10);
  const int many = steps_of_a_member(20'000);
  INFO(alone << " steps without a batch, " << few << " in one of ten, " << many << " in one of twenty thousand");
  CHECK(alone > 0);
  CHECK(many < few * 5 / 4);
  CHECK(few < alone + 200);
}

TEST_CASE("a chain of a hundred thousand is cancelled to its end", "[after][sqlite]") {
  CountedStore store;
  constexpr int length = 100'000;
  EnqueueRequest request;
  request.tasks.push_back(CountedStore::task());
  TaskId last = store.enqueue(request).tasks.at(0).id;
  const Task first = store.claim_one();
  request.tasks[0].after.resize(1);
  for (int i = 0; i < length; ++i) {
    request.tasks[0].after[0].task = last;
    last = store.enqueue(request).tasks.at(0).id;
  }
  REQUIRE(store.finish(first, Fail{}).let_go);
  ClaimRequest claim;
  int claims = 1;
  while (store.tasks->claim(claim, now).next_due == now) ++claims;
  CHECK(claims == length / promotion_chunk);
  CHECK(store.session->db.integer("SELECT count(*) FROM reeve_task WHERE status = 'cancelled'") == length);
}

}  // namespace reeve::store
