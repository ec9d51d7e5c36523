// Errors of a store of earlier, which had no fingerprints.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "store/fingerprint.hpp"
#include "store/open.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "tests/unit/store/now.hpp"

namespace reeve::store {
namespace {

constexpr int old_failures = 4'500;   // more than two pieces

struct OldStore {
  OldStore() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reeve-prints-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path = pattern;
    options.url = "sqlite:" + file();
    options.durability = Durability::relaxed;
  }
  ~OldStore() { std::filesystem::remove_all(path); }
  [[nodiscard]] std::string file() const { return (path / "reeve.db").string(); }

  // Failed tasks as the schema before fingerprints kept them.
  void make() {
    { const auto store = open(options); }
    sqlite::Connection db(file(), sqlite::Access::write, Millis{0});
    db.run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(old_failures) +
           ") INSERT INTO reeve_task (id, queue, kind, priority, status, max_attempts, max_crashes, created_at, run_at, finished_at) "
           "SELECT i, 'default', 'echo', 4, 'failed', 5, 3, 1, 1, i FROM n");
    db.run("INSERT INTO reeve_payload (task, payload) SELECT id, '1' FROM reeve_task");
    db.run("INSERT INTO reeve_error (task, epoch, code, message) SELECT id, 0, 'failed', 'row ' || id || ' is locked' FROM reeve_task");
    db.run("INSERT INTO reeve_count VALUES ('default', 'echo', 'failed', " + std::to_string(old_failures) + ")");
    db.run("INSERT INTO reeve_meta VALUES ('fingerprints_up_to', '0')");
  }

  std::filesystem::path path{};
  Options options{};
};

}  // namespace

TEST_CASE("errors of earlier get their fingerprints when the store is opened", "[fingerprint][sqlite][migrate]") {
  OldStore old;
  old.make();
  SECTION("from the beginning") {}
  SECTION("from where an earlier opening was ended") {
    sqlite::Connection db(old.file(), sqlite::Access::write, Millis{0});
    db.run("UPDATE reeve_error SET fingerprint = '3597de1f3028826f' WHERE task <= 2000; UPDATE reeve_task SET fingerprint = '3597de1f3028826f' WHERE id <= 2000; "
           "UPDATE reeve_meta SET value = '2000' WHERE key = 'fingerprints_up_to'");
  }
  const auto store = open(old.options);
  const auto reader = store->open_reader();
  const FailurePage page = reader->failures({});
  REQUIRE(page.groups.size() == 1);
  CHECK(page.groups[0].count == old_failures);
  CHECK(page.groups[0].newest == TaskId{old_failures});
  TaskError error;
  error.code = "failed";
  error.message = "row 1 is locked";
  CHECK(page.groups[0].fingerprint == fingerprint_of(error));
  CHECK(reader->get(TaskId{17}).value().error.value().fingerprint == fingerprint_of(error));
  CHECK(reader->check().empty());
  sqlite::Connection db(old.file(), sqlite::Access::read, Millis{0});
  CHECK(db.integer("SELECT count(*) FROM reeve_meta WHERE key = 'fingerprints_up_to'") == 0);
}

}  // namespace reeve::store
