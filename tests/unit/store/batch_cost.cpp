// What the end of a task costs that others come after, or that is in a batch: no more when there are thousands. Counted in steps of SQLite's
// machine.
#include <sqlite3.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/open.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/verbs.hpp"
#include "tests/unit/store/now.hpp"

namespace reeve::store {
namespace {

using namespace std::chrono_literals;

NewTask cheap_task() {
  NewTask task;
  task.kind = "echo";
  task.queue = "default";
  return task;
}

// A store in a directory of its own, in one long transaction.
struct OneStore {
  OneStore() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reeve-ends-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    directory = pattern;
    Options options;
    options.url = "sqlite:" + directory + "/reeve.db";
    store::open(options).reset();
    session = std::make_unique<sqlite::Session>(directory + "/reeve.db", 1s, 0, 1ms);
    tasks = std::make_unique<sqlite::SqliteTasks>(*session);
    session->begin();
  }
  ~OneStore() {
    session->rollback();
    tasks.reset();
    session.reset();
    std::filesystem::remove_all(directory);
  }
  OneStore(const OneStore&) = delete;
  OneStore& operator=(const OneStore&) = delete;

  EnqueueDone enqueue(const EnqueueRequest& request) { return std::get<EnqueueDone>(tasks->enqueue(request, now)); }
  Task claim_one() {
    ClaimRequest claim;
    claim.limit = 1;
    claim.lease_expires_at = now + 15s;
    claim.kinds = {{"echo", 10}};
    return tasks->claim(claim, now).tasks.at(0);
  }
  Finished finish(const Task& task, NextState next = Succeed{}) {
    Finish end;
    end.claim = {task.id, task.epoch};
    end.next = std::move(next);
    return tasks->finish(end, now);
  }
  template <class Work>
  int steps_of(Work work) {
    int steps = 0;
    const auto count = [](void* total) {
      ++*static_cast<int*>(total);
      return 0;
    };
    sqlite3_progress_handler(session->db.handle(), 1, count, &steps);
    work();
    sqlite3_progress_handler(session->db.handle(), 0, nullptr, nullptr);
    return steps;
  }

  std::string directory{};
  std::unique_ptr<sqlite::Session> session{};
  std::unique_ptr<sqlite::SqliteTasks> tasks{};
};

int steps_of_an_end(int dependents) {
  OneStore store;
  EnqueueRequest first;
  first.tasks.push_back(cheap_task());
  const TaskId id = store.enqueue(first).tasks.at(0).id;
  EnqueueRequest others;
  others.tasks.assign(static_cast<std::size_t>(dependents), cheap_task());
  for (NewTask& task : others.tasks) task.after.emplace_back().task = id;
  if (dependents > 0) store.enqueue(others);
  const Task running = store.claim_one();
  REQUIRE(running.id == id);
  return store.steps_of([&] { REQUIRE(store.finish(running).let_go == (dependents > 0)); });
}

// Of a member that is not the last to end.
int steps_of_a_member(int members) {
  OneStore store;
  EnqueueRequest request;
  request.tasks.assign(static_cast<std::size_t>(members), cheap_task());
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
  OneStore store;
  constexpr int length = 100'000;
  EnqueueRequest request;
  request.tasks.push_back(cheap_task());
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
