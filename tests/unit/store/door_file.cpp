// The door of a SQLite store as other programs meet it: a table in the store, a table in a file of theirs.
#include <sqlite3.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "store/open.hpp"
#include "store/sqlite/door_columns.hpp"
#include "store/store.hpp"

namespace reeve::store {
namespace {

const Timestamp today = from_ms(1'800'000'000'000);

// A folder with a store, an application's file, and a program with a connection of its own.
struct DoorPlace {
  DoorPlace() {
    std::string pattern = (std::filesystem::temp_directory_path() / "reeve-door-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    folder = pattern;
    Options options;
    options.url = "sqlite:" + file();
    options.busy_timeout = Millis{20};
    options.busy_retries = 0;
    store = open(options);
  }
  ~DoorPlace() {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  [[nodiscard]] std::string file() const { return (folder / "reeve.db").string(); }
  [[nodiscard]] std::string app() const { return (folder / "app.db").string(); }

  static int say(sqlite3* db, const std::string& sql) { return sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr); }
  static int foreign(const std::string& path, const std::string& sql) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    const int code = say(db, sql);
    sqlite3_close(db);
    return code;
  }
  std::vector<DoorRow> waiting() {
    return transact(*store, [](Store& s) { return s.door().waiting(100, 1 << 30); });
  }
  [[nodiscard]] StoreError::Kind refusal_of_outbox() const {
    try {
      (void)open_outbox(app());
    } catch (const StoreError& error) {
      return error.kind();
    }
    FAIL("the outbox was opened");
    return StoreError::Kind::io;
  }

  std::filesystem::path folder{};
  std::unique_ptr<Store> store{};
};

}  // namespace

TEST_CASE("a foreign insert is read as a task, column by column", "[sqlite][door]") {
  DoorPlace place;
  REQUIRE(DoorPlace::foreign(place.file(), R"(INSERT INTO reeve_inbox (kind, payload, queue, priority, run_at, labels, allow_unknown, options)
    VALUES ('echo', ' {"n" : 1}', 'a"b', 7, '2026-01-02 03:04:05', '{"x":"y"}', 1, ' { "timeout" : "5m" } '))") == SQLITE_OK);
  const std::vector<DoorRow> rows = place.waiting();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].written_at.has_value());
  CHECK(task_text(rows[0]) == R"({"kind":"echo","payload": {"n" : 1},"queue":"a\"b","priority":7,"run_at":"2026-01-02T03:04:05.000Z",)"
                              R"("labels":{"x":"y"},"allow_unknown":true, "timeout" : "5m" })");
}

TEST_CASE("every column of the list is a column of the inbox", "[sqlite][door]") {
  DoorPlace place;
  sqlite::Connection db(place.file(), sqlite::Access::read, Millis{100});
  for (const sqlite::DoorColumn& column : sqlite::door_columns())
    CHECK(db.integer("SELECT count(*) FROM pragma_table_info('reeve_inbox') WHERE name = '" + std::string(column.name) + "'") == 1);
}

TEST_CASE("a value above all limits stops nobody, and is kept inside the file", "[sqlite][door]") {
  DoorPlace place;
  REQUIRE(DoorPlace::foreign(place.file(), "PRAGMA ignore_check_constraints = 1; INSERT INTO reeve_inbox (kind, payload) VALUES ('echo', hex(zeroblob(80000000))); "
                                           "INSERT INTO reeve_inbox (kind, payload) VALUES ('echo', '2')") == SQLITE_OK);
  const std::vector<DoorRow> rows = place.waiting();
  REQUIRE(rows.size() == 2);
  CHECK_FALSE(rows[0].fault.empty());
  CHECK(rows[1].payload == "2");
  transact(*place.store, [&](Store& s) { return s.door().refuse(rows[0], {"unreadable", rows[0].fault}, today), 0; });
  CHECK(place.waiting().size() == 1);
  sqlite::Connection db(place.file(), sqlite::Access::read, Millis{100});
  CHECK(db.integer("SELECT length(payload) FROM reeve_inbox_refused") == 160'000'000);
}

TEST_CASE("the peephole sees what is committed and nothing else", "[sqlite][door]") {
  DoorPlace place;
  const auto peephole = place.store->open_peephole();
  CHECK(peephole->watched_file() == place.file() + "-wal");
  CHECK_FALSE(peephole->somebody_waits());
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(place.file().c_str(), &db) == SQLITE_OK);
  REQUIRE(DoorPlace::say(db, "BEGIN; INSERT INTO reeve_inbox (kind) VALUES ('echo')") == SQLITE_OK);
  CHECK_FALSE(peephole->somebody_waits());
  REQUIRE(DoorPlace::say(db, "COMMIT") == SQLITE_OK);
  CHECK(peephole->somebody_waits());
  sqlite3_close(db);
}

TEST_CASE("once another program has written, the log begins anew before its checkpoint", "[sqlite][door][wal]") {
  DoorPlace place;
  const auto fill = [&place](int tasks) {
    std::int64_t longest = 0;
    const auto reader = place.store->open_reader();
    for (int i = 0; i < tasks; ++i) {
      EnqueueRequest request;
      request.tasks.emplace_back();
      request.tasks[0].kind = "echo";
      request.tasks[0].queue = "default";
      request.tasks[0].payload = "\"" + std::string(20'000, 'x') + "\"";
      (void)transact(*place.store, [&](Store& s) { return s.tasks().enqueue(request, today); });
      longest = std::max(longest, reader->facts().wal_bytes);
    }
    return longest;
  };
  constexpr std::int64_t foreign_checkpoint = 1'000LL * (4'096 + 24);
  CHECK(fill(200) > foreign_checkpoint);
  const std::size_t notes = place.store->open_reader()->facts().notes.size();
  REQUIRE(DoorPlace::foreign(place.file(), "INSERT INTO reeve_inbox (kind) VALUES ('echo')") == SQLITE_OK);
  (void)place.waiting();
  if (sqlite3_libversion_number() > 3'051'002) return;
  CHECK(place.store->open_reader()->facts().notes.size() == notes + 1);
  while (place.store->tidy_up()) {
  }
  CHECK(fill(200) < foreign_checkpoint);
}

TEST_CASE("what a daemon that is down is left with lies in its inbox", "[sqlite][door]") {
  DoorPlace place;
  DoorRow row;
  row.kind = "echo";
  row.payload = R"({"n":1})";
  row.options = R"({"queue":"slow"})";
  leave_in_inbox("sqlite:" + place.file(), {&row, 1});
  REQUIRE(place.waiting().size() == 1);
  CHECK(task_text(place.waiting()[0]) == R"({"kind":"echo","payload":{"n":1},"queue":"slow"})");
  CHECK_THROWS_AS(leave_in_inbox("sqlite:" + place.app(), {&row, 1}), StoreError);
  CHECK_THROWS_AS(leave_in_inbox("memory:", {&row, 1}), StoreError);
}

TEST_CASE("an outbox is read, taken and emptied", "[sqlite][outbox]") {
  DoorPlace place;
  REQUIRE(DoorPlace::foreign(place.app(), "PRAGMA journal_mode = WAL; CREATE TABLE orders (id INTEGER PRIMARY KEY)") == SQLITE_OK);
  CHECK(place.refusal_of_outbox() == StoreError::Kind::unusable);
  const OutboxMade made = make_outbox(place.app());
  CHECK(made.created);
  CHECK(made.journal_mode == "wal");
  CHECK_FALSE(make_outbox(place.app()).created);
  const auto outbox = open_outbox(place.app());
  CHECK(outbox->waiting(Outbox::Look::thorough, 10, 1'000).empty());
  REQUIRE(DoorPlace::foreign(place.app(), "INSERT INTO reeve_outbox (kind, payload) VALUES ('echo', '1'), ('echo', '2')") == SQLITE_OK);
  const std::vector<DoorRow> rows = outbox->waiting(Outbox::Look::quick, 10, 1'000);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].source == place.app());
  CHECK(rows[0].token.size() == 32);
  CHECK(rows[0].token != rows[1].token);
  CHECK(outbox->waiting(Outbox::Look::quick, 1, 1'000).size() == 1);
  outbox->remove({rows.data(), 1});
  outbox->remove({rows.data(), 1});
  CHECK(outbox->waiting(Outbox::Look::quick, 10, 1'000) == std::vector<DoorRow>{rows[1]});
  CHECK_FALSE(outbox->is_replaced());
}

TEST_CASE("an outbox never waits for the application's locks", "[sqlite][outbox]") {
  for (const char* mode : {"WAL", "DELETE"}) {
    DoorPlace place;
    REQUIRE(DoorPlace::foreign(place.app(), std::string("PRAGMA journal_mode = ") + mode + "; CREATE TABLE orders (id INTEGER PRIMARY KEY)") == SQLITE_OK);
    (void)make_outbox(place.app());
    const auto outbox = open_outbox(place.app());
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(place.app().c_str(), &db) == SQLITE_OK);
    REQUIRE(DoorPlace::say(db, "INSERT INTO reeve_outbox (kind) VALUES ('echo'); BEGIN IMMEDIATE") == SQLITE_OK);
    const std::vector<DoorRow> rows = outbox->waiting(Outbox::Look::quick, 10, 1'000);
    REQUIRE(rows.size() == 1);
    for (int i = 0; i < 2; ++i) {
      try {
        if (i == 0) (void)outbox->waiting(Outbox::Look::thorough, 10, 1'000);
        else outbox->remove(rows);
        FAIL("it went past the lock");
      } catch (const StoreError& busy) {
        CHECK(busy.kind() == StoreError::Kind::busy);
      }
    }
    REQUIRE(DoorPlace::say(db, "COMMIT") == SQLITE_OK);
    sqlite3_close(db);
    outbox->remove(rows);
    CHECK(outbox->waiting(Outbox::Look::thorough, 10, 1'000).empty());
  }
}

TEST_CASE("an outbox of an older reeve is read without what it lacks, and gets it from init", "[sqlite][outbox]") {
  DoorPlace place;
  REQUIRE(DoorPlace::foreign(place.app(), "CREATE TABLE reeve_outbox (id INTEGER PRIMARY KEY, token TEXT NOT NULL DEFAULT (hex(randomblob(16))), kind TEXT NOT NULL, "
                                          "payload TEXT NOT NULL DEFAULT 'null', options TEXT, written_at INTEGER, priority INTEGER); "
                                          "INSERT INTO reeve_outbox (kind, priority) VALUES ('echo', 3)") == SQLITE_OK);
  CHECK(task_text(open_outbox(place.app())->waiting(Outbox::Look::quick, 10, 1'000).at(0)) == R"({"kind":"echo","payload":null,"priority":3})");
  const OutboxMade made = make_outbox(place.app());
  CHECK_FALSE(made.created);
  CHECK(made.extended);
  REQUIRE(DoorPlace::foreign(place.app(), "UPDATE reeve_outbox SET queue = 'q'") == SQLITE_OK);
  CHECK(task_text(open_outbox(place.app())->waiting(Outbox::Look::quick, 10, 1'000).at(0)) == R"({"kind":"echo","payload":null,"queue":"q","priority":3})");
}

TEST_CASE("what is no outbox is left as it is", "[sqlite][outbox]") {
  DoorPlace place;
  SECTION("nothing") {
    CHECK(place.refusal_of_outbox() == StoreError::Kind::unusable);
    CHECK_THROWS_AS(make_outbox(place.app()), StoreError);
    CHECK_FALSE(std::filesystem::exists(place.app()));
  }
  SECTION("no database") {
    std::ofstream(place.app()) << std::string(5'000, 'x');
    CHECK(place.refusal_of_outbox() == StoreError::Kind::foreign);
    CHECK_THROWS_WITH(make_outbox(place.app()), Catch::Contains("no SQLite database"));
    CHECK(std::filesystem::file_size(place.app()) == 5'000);
  }
  SECTION("a view") {
    REQUIRE(DoorPlace::foreign(place.app(), "CREATE VIEW reeve_outbox AS SELECT 1 AS id") == SQLITE_OK);
    CHECK(place.refusal_of_outbox() == StoreError::Kind::unusable);
    CHECK_THROWS_AS(make_outbox(place.app()), StoreError);
  }
  SECTION("another table") {
    REQUIRE(DoorPlace::foreign(place.app(), "CREATE TABLE reeve_outbox (a)") == SQLITE_OK);
    CHECK(place.refusal_of_outbox() == StoreError::Kind::unusable);
    CHECK_THROWS_WITH(make_outbox(place.app()), Catch::Contains("another table"));
  }
  SECTION("a store") { CHECK_THROWS_WITH(make_outbox(place.file()), Catch::Contains("reeve_inbox")); }
}

TEST_CASE("a file put in the place of an outbox is told", "[sqlite][outbox]") {
  DoorPlace place;
  REQUIRE(DoorPlace::foreign(place.app(), "CREATE TABLE orders (id INTEGER PRIMARY KEY)") == SQLITE_OK);
  (void)make_outbox(place.app());
  const auto outbox = open_outbox(place.app());
  std::filesystem::rename(place.app(), place.app() + ".old");
  CHECK(outbox->is_replaced());
  REQUIRE(DoorPlace::foreign(place.app(), "CREATE TABLE orders (id INTEGER PRIMARY KEY)") == SQLITE_OK);
  CHECK(outbox->is_replaced());
}

}  // namespace reeve::store
