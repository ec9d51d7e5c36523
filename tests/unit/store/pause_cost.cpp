// Tasks that a paused label holds cost a claim nothing once it has met them, and no label costs anything while none is paused. Counted in
// steps of SQLite's machine.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/open.hpp"
#include "tests/unit/store/counted_store.hpp"

namespace reeve::store {
namespace {

using namespace std::chrono_literals;

NewTask with_label(std::string value) {
  NewTask task = CountedStore::task();
  task.labels = {{"customer", std::move(value)}};
  return task;
}

ClaimRequest ten() { return CountedStore::claim_of(10); }

struct PauseSteps {
  int beside = 0;     // a claim of ten free tasks beside all that are held
  int letting_go = 0; // the same after the resume: a piece of them is let go
};

PauseSteps steps_beside(int held) {
  CountedStore store;
  sqlite::SqliteQueues queues(*store.session);
  EnqueueRequest all;
  all.tasks.assign(static_cast<std::size_t>(held), with_label("acme"));
  all.tasks.insert(all.tasks.end(), 40, with_label("other"));
  (void)store.enqueue(all);
  REQUIRE(queues.pause_label("customer", "acme", "", "uid:0", now));
  int claims = 0;
  for (std::optional<Timestamp> due = now; due == now; ++claims) due = store.tasks->claim(ten(), now).next_due;
  REQUIRE(claims <= held / promotion_chunk + 2);
  PauseSteps steps;
  std::size_t taken = 0;
  steps.beside = store.steps_of([&] { taken = store.tasks->claim(ten(), now).tasks.size(); });
  REQUIRE(taken == 10);
  REQUIRE(queues.resume_label("customer", "acme", "uid:0", now));
  steps.letting_go = store.steps_of([&] { taken = store.tasks->claim(ten(), now).tasks.size(); });
  REQUIRE(taken == 10);
  return steps;
}

// A claim of ten free tasks beside `held` tasks whose key has no token.
int steps_beside_a_rate(int held) {
  CountedStore store;
  EnqueueRequest all;
  NewTask limited = with_label("acme");
  limited.concurrency.emplace().key = "k";
  limited.concurrency->limit = 1'000'000;
  all.tasks.assign(static_cast<std::size_t>(held), limited);
  all.tasks.insert(all.tasks.end(), 40, with_label("other"));
  (void)store.enqueue(all);
  ClaimRequest claim = ten();
  claim.kinds[0].key_rate = Rate{.limit = 1, .per = 1h, .burst = 1};
  for (std::optional<Timestamp> due = now; due == now;) due = store.tasks->claim(claim, now).next_due;
  std::size_t taken = 0;
  const int steps = store.steps_of([&] { taken = store.tasks->claim(claim, now).tasks.size(); });
  REQUIRE(taken == 10);
  return steps;
}

}  // namespace

TEST_CASE("tasks whose key has no token cost a claim nothing", "[claim][key_rate][sqlite][promise-I27]") {
  const int few = steps_beside_a_rate(10);
  const int many = steps_beside_a_rate(20'000);
  INFO(few << " and " << many << " steps a claim");
  CHECK(few > 0);
  CHECK(many < few * 5 / 4);
}

TEST_CASE("tasks that a paused label holds cost a claim nothing, and are let go in pieces", "[claim][pause][sqlite][promise-I27]") {
  const PauseSteps few = steps_beside(10);
  const PauseSteps many = steps_beside(20'000);
  const PauseSteps more = steps_beside(40'000);
  INFO(few.beside << " and " << many.beside << " steps a claim, " << many.letting_go << " and " << more.letting_go << " for a piece of those let go");
  CHECK(few.beside > 0);
  CHECK(many.beside < few.beside * 5 / 4);
  CHECK(more.letting_go < many.letting_go * 5 / 4);
}

TEST_CASE("a check tells of a task that a pause holds and nobody could let go", "[pause][sqlite]") {
  std::string directory = (std::filesystem::temp_directory_path() / "reeve-pauses-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()));
  Options options;
  options.url = "sqlite:" + directory + "/reeve.db";
  {
    const auto store = store::open(options);
    EnqueueRequest two;
    two.tasks = {with_label("acme"), with_label("acme")};
    transact(*store, [&](Store& s) { return s.tasks().enqueue(two, now).index(); });
    transact(*store, [&](Store& s) { return s.queues().pause_label("customer", "acme", "", "uid:0", now); });
    transact(*store, [&](Store& s) { return s.tasks().claim(ten(), now).tasks.size(); });
    REQUIRE(store->open_reader()->check().empty());
  }
  {
    sqlite::Connection db(directory + "/reeve.db", sqlite::Access::write, 1s);
    db.run("UPDATE reeve_task SET paused_by = NULL WHERE id = 1; DELETE FROM reeve_label_pause");
  }
  const auto faults = store::open(options)->open_reader()->check();
  REQUIRE(faults.size() == 2);
  CHECK(faults[0] == "task 1 is held back by a pause of no label");
  CHECK(faults[1] == "task 2 is held back by a pause, which nobody could take back: customer=acme");
  std::filesystem::remove_all(directory);
}

}  // namespace reeve::store
