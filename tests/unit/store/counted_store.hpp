// What a verb costs, counted in steps of SQLite's machine: no clock, no noise.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "store/open.hpp"
#include "store/sqlite/session.hpp"
#include "store/sqlite/verbs.hpp"
#include "tests/unit/store/now.hpp"

namespace reeve::store {

// A store in a directory of its own, in one long transaction.
struct CountedStore {
  CountedStore() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reeve-cost-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    directory = pattern;
    Options options;
    options.url = "sqlite:" + directory + "/reeve.db";
    store::open(options).reset();
    session = std::make_unique<sqlite::Session>(directory + "/reeve.db", Millis{1'000}, 0, Millis{1});
    tasks = std::make_unique<sqlite::SqliteTasks>(*session);
    session->begin();
  }
  ~CountedStore() {
    session->rollback();
    tasks.reset();
    session.reset();
    std::filesystem::remove_all(directory);
  }
  CountedStore(const CountedStore&) = delete;
  CountedStore& operator=(const CountedStore&) = delete;

  // Of the kind "echo".
  static ClaimRequest claim_of(int limit) {
    ClaimRequest claim;
    claim.limit = limit;
    claim.lease_expires_at = now + Millis{15'000};
    claim.kinds = {{"echo", 10}};
    return claim;
  }
  static NewTask task() {
    NewTask task;
    task.kind = "echo";
    task.queue = "default";
    return task;
  }
  EnqueueDone enqueue(const EnqueueRequest& request) { return std::get<EnqueueDone>(tasks->enqueue(request, now)); }
  Task claim_one() { return tasks->claim(claim_of(1), now).tasks.at(0); }
  Finished finish(const Task& task, NextState next = Succeed{}) {
    Finish end;
    end.claim = {task.id, task.epoch};
    end.next = std::move(next);
    return tasks->finish(end, now);
  }
  [[nodiscard]] int steps_of(const std::function<void()>& work);

  std::string directory{};
  std::unique_ptr<sqlite::Session> session{};
  std::unique_ptr<sqlite::SqliteTasks> tasks{};
};

}  // namespace reeve::store
