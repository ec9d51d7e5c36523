// Tasks behind a busy key cost nobody anything: not the claims of others, and not the end of the task that has the key. Counted in steps of
// SQLite's machine.
#include <sqlite3.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/open.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/verbs.hpp"
#include "tests/unit/store/now.hpp"

namespace reeve::store {
namespace {

using namespace std::chrono_literals;

NewTask keyed(bool in_line) {
  NewTask task;
  task.kind = "echo";
  task.queue = "default";
  if (in_line) {
    task.order_key = "l";
    return task;
  }
  Concurrency concurrency;
  concurrency.key = "c";
  task.concurrency = concurrency;
  return task;
}

ClaimRequest claim_of(int limit) {
  ClaimRequest claim;
  claim.limit = limit;
  claim.lease_expires_at = now + 15s;
  claim.kinds = {{"echo", 10}};
  return claim;
}

struct KeySteps {
  int claim = 0;      // of ten free tasks enqueued behind all that are held back
  int finish = 0;     // of the task that has the key
};

template <class Work>
int steps_of(sqlite::Session& session, Work work) {
  int steps = 0;
  const auto count = [](void* total) {
    ++*static_cast<int*>(total);
    return 0;
  };
  sqlite3_progress_handler(session.db.handle(), 1, count, &steps);
  work();
  sqlite3_progress_handler(session.db.handle(), 0, nullptr, nullptr);
  return steps;
}

KeySteps steps_behind_a_key(int held_back, bool in_line) {
  std::string directory = (std::filesystem::temp_directory_path() / "reeve-keys-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()));
  Options options;
  options.url = "sqlite:" + directory + "/reeve.db";
  store::open(options).reset();
  KeySteps steps;
  {
    sqlite::Session session(directory + "/reeve.db", 1s, 0, 1ms);
    sqlite::SqliteTasks tasks(session);
    session.begin();
    EnqueueRequest holder;
    holder.tasks.push_back(keyed(in_line));
    (void)tasks.enqueue(holder, now);
    const Task running = tasks.claim(claim_of(1), now).tasks.at(0);
    EnqueueRequest others;
    for (int i = 0; i < held_back; ++i) others.tasks.push_back(keyed(in_line));
    for (int i = 0; i < 20; ++i) {
      NewTask& task = others.tasks.emplace_back();
      task.kind = "echo";
      task.queue = "default";
    }
    (void)tasks.enqueue(others, now);
    std::size_t taken = 0;
    steps.claim = steps_of(session, [&] { taken = tasks.claim(claim_of(10), now).tasks.size(); });
    REQUIRE(taken == 10);
    Finish end;
    end.claim = {running.id, running.epoch};
    end.next = Succeed{};
    steps.finish = steps_of(session, [&] { REQUIRE(tasks.finish(end, now).let_go); });
    session.rollback();
  }
  std::filesystem::remove_all(directory);
  return steps;
}

// An enqueue beside `ready` tasks of the same key, whose limit lets all of them run.
int steps_of_an_enqueue(int ready) {
  std::string directory = (std::filesystem::temp_directory_path() / "reeve-keys-XXXXXX").string();
  REQUIRE(::mkdtemp(directory.data()));
  Options options;
  options.url = "sqlite:" + directory + "/reeve.db";
  store::open(options).reset();
  int steps = 0;
  {
    sqlite::Session session(directory + "/reeve.db", 1s, 0, 1ms);
    sqlite::SqliteTasks tasks(session);
    session.begin();
    NewTask wide = keyed(false);
    wide.concurrency->limit = 1'000'000;
    EnqueueRequest all;
    all.tasks.assign(static_cast<std::size_t>(ready), wide);
    (void)tasks.enqueue(all, now);
    all.tasks.resize(1);
    steps = steps_of(session, [&] { (void)tasks.enqueue(all, now); });
    session.rollback();
  }
  std::filesystem::remove_all(directory);
  return steps;
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
