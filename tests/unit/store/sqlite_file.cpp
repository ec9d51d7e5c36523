// What the SQLite store does with files: which it refuses, how it shares, what it survives.
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "store/open.hpp"
#include "store/sqlite/schema.hpp"
#include "store/store.hpp"
#include "tests/unit/store/now.hpp"

namespace reeve::store {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Directory {
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "reeve-file-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()));
    path = pattern;
  }
  ~Directory() { fs::remove_all(path); }
  [[nodiscard]] std::string file() const { return (path / "reeve.db").string(); }
  fs::path path{};
};

Options options_for(const std::string& path) {
  Options options;
  options.url = "sqlite:" + path;
  options.busy_timeout = 20ms;
  options.busy_retries = 1;
  options.busy_retry_delay = 1ms;
  return options;
}

std::string bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(db);
  REQUIRE(code == SQLITE_OK);
}

const std::string& create_empty(const std::string& path) {
  std::ofstream{path};
  return path;
}

// The reason for which opening is refused.
StoreError refusal(const std::string& path) {
  try {
    const auto store = open(options_for(path));
  } catch (const StoreError& error) {
    return error;
  }
  FAIL("the store was opened");
  throw;
}

TaskId enqueue(Store& store, std::string payload = "1") {
  EnqueueRequest request;
  request.tasks.emplace_back();
  request.tasks[0].kind = "echo";
  request.tasks[0].queue = "default";
  request.tasks[0].payload = std::move(payload);
  return std::get<EnqueueDone>(transact(store, [&](Store& s) { return s.tasks().enqueue(request, now); })).tasks[0].id;
}

std::int64_t count_tasks(Store& store) {
  std::int64_t total = 0;
  for (const CountRow& row : store.open_reader()->counts()) total += row.count;
  return total;
}

// Runs `work` in a process of its own; gives its wait status.
int in_child(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (...) {
      ::_exit(3);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("a new store is private from the start", "[sqlite][open]") {
  Directory directory;
  const std::string path = (directory.path / "a" / "b" / "reeve.db").string();
  const auto store = open(options_for(path));
  enqueue(*store);
  const auto mode = [](const std::string& file) {
    struct stat found{};
    REQUIRE(::stat(file.c_str(), &found) == 0);
    return found.st_mode & 0777;
  };
  CHECK(mode(path) == 0600);
  CHECK(mode(path + "-wal") == 0600);
  CHECK(mode(path + "-shm") == 0600);
  CHECK(mode(path + ".lock") == 0600);
  CHECK(mode((directory.path / "a").string()) == 0700);
  CHECK(mode((directory.path / "a" / "b").string()) == 0700);
}

TEST_CASE("another program's database is refused untouched", "[sqlite][open][promise-I7]") {
  Directory directory;
  run_sql(directory.file(), "CREATE TABLE customers (id INTEGER); INSERT INTO customers VALUES (1)");
  const std::string before = bytes(directory.file());
  CHECK(refusal(directory.file()).kind() == StoreError::Kind::foreign);
  CHECK(bytes(directory.file()) == before);
  CHECK(std::distance(fs::directory_iterator(directory.path), {}) == 1);
}

TEST_CASE("a file that is no database is refused untouched", "[sqlite][open][promise-I7]") {
  Directory directory;
  std::ofstream(directory.file()) << std::string(5'000, 'x');
  const std::string before = bytes(directory.file());
  CHECK(refusal(directory.file()).kind() == StoreError::Kind::foreign);
  CHECK(bytes(directory.file()) == before);
}

TEST_CASE("a newer schema is refused untouched", "[sqlite][open][promise-I39]") {
  Directory directory;
  open(options_for(directory.file())).reset();
  const bool by_version = GENERATE(true, false);
  run_sql(directory.file(), by_version ? "PRAGMA user_version = 9999" : "UPDATE reeve_meta SET value = '9999' WHERE key = 'schema'");
  const std::string before = bytes(directory.file());
  CHECK(refusal(directory.file()).kind() == StoreError::Kind::newer);
  CHECK(bytes(directory.file()) == before);
  CHECK_THROWS_AS(open_reader(options_for(directory.file())), StoreError);
}

TEST_CASE("a damaged file is refused untouched", "[sqlite][open][promise-I7]") {
  Directory directory;
  {
    const auto store = open(options_for(directory.file()));
    for (int i = 0; i < 50; ++i) enqueue(*store, "\"" + std::string(500, 'p') + "\"");
    while (store->tidy_up()) {
    }
  }
  std::string damaged = bytes(directory.file());
  SECTION("cut off") { damaged.resize(damaged.size() / 2); }
  SECTION("overwritten") { damaged.replace(4'096 * 3, 4'096 * 20, 4'096 * 20, '\x7f'); }
  std::ofstream(directory.file(), std::ios::binary | std::ios::trunc) << damaged;
  CHECK(refusal(directory.file()).kind() == StoreError::Kind::corrupt);
  CHECK(bytes(directory.file()) == damaged);
}

TEST_CASE("a store that was emptied is not begun anew", "[sqlite][open][promise-I7]") {
  Directory directory;
  open(options_for(directory.file())).reset();
  fs::resize_file(directory.file(), 0);
  CHECK(refusal(directory.file()).kind() == StoreError::Kind::corrupt);
  CHECK(fs::file_size(directory.file()) == 0);
}

TEST_CASE("a second daemon is refused however it spells the path", "[sqlite][lock][promise-I41]") {
  Directory directory;
  const auto store = open(options_for(directory.file()));
  fs::create_symlink(directory.file(), directory.path / "link.db");
  fs::create_directory(directory.path / "sub");
  for (const std::string& spelled : {directory.file(), (directory.path / "link.db").string(), (directory.path / "sub" / ".." / "reeve.db").string()}) {
    const StoreError error = refusal(spelled);
    CHECK(error.kind() == StoreError::Kind::in_use);
    CHECK_THAT(error.what(), Catch::Contains(std::to_string(::getpid())));
  }
  enqueue(*store);
  CHECK(count_tasks(*store) == 1);
}

TEST_CASE("the lock goes with its process", "[sqlite][lock]") {
  Directory directory;
  const int status = in_child([&] {
    const auto store = open(options_for(directory.file()));
    enqueue(*store);
    ::raise(SIGKILL);
  });
  CHECK(WIFSIGNALED(status));
  const auto store = open(options_for(directory.file()));
  CHECK(count_tasks(*store) == 1);
}

TEST_CASE("places where no store can be are named with the reason", "[sqlite][open]") {
  Directory directory;
  CHECK(refusal("/proc/reeve/reeve.db").kind() == StoreError::Kind::unusable);
  CHECK(refusal(directory.path.string()).kind() == StoreError::Kind::unusable);
  open(options_for(directory.file())).reset();
  fs::create_hard_link(directory.file(), directory.path / "other.db");
  CHECK(refusal(directory.file()).kind() == StoreError::Kind::unusable);
  Options unknown;
  unknown.url = "mysql:x";
  CHECK_THROWS_AS(open(unknown), StoreError);
}

TEST_CASE("a reader never makes a store", "[sqlite][reader]") {
  Directory directory;
  CHECK_THROWS_AS(open_reader(options_for(directory.file())), StoreError);
  CHECK(fs::is_empty(directory.path));
  const auto store = open(options_for(directory.file()));
  const TaskId id = enqueue(*store);
  CHECK(open_reader(options_for(directory.file()))->get(id));
}

TEST_CASE("a migration that is killed at any write happened wholly or not at all", "[sqlite][migrate][promise-I39]") {
  for (rlim_t limit = 0; limit < 260'000; limit += 6'000) {
    Directory directory;
    const int status = in_child([&] {
      const rlimit size{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &size);
      ::signal(SIGXFSZ, SIG_DFL);
      open(options_for(directory.file())).reset();
    });
    INFO("killed at byte " << limit << ", status " << status);
    const auto store = open(options_for(directory.file()));
    enqueue(*store);
    REQUIRE(store->open_reader()->check().empty());
  }
}

TEST_CASE("a step of a migration that fails leaves the schema before it", "[sqlite][migrate][promise-I39]") {
  Directory directory;
  open(options_for(directory.file())).reset();
  sqlite::Connection db(directory.file(), sqlite::Access::write, 0ms);
  const int newest = sqlite::newest_schema();
  const std::vector<sqlite::Migration> steps{{newest + 1, "CREATE TABLE reeve_one (a INTEGER) STRICT"},
                                             {newest + 2, "CREATE TABLE reeve_two (a INTEGER) STRICT; CREATE TABLE reeve_one (again INTEGER) STRICT"}};
  CHECK_THROWS(sqlite::migrate(db, steps));
  CHECK(sqlite::present_schema(db) == newest + 1);
  CHECK(db.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'reeve_two'") == 0);
  CHECK_FALSE(db.in_transaction());
}

TEST_CASE("a store of the first schema is brought up to the newest with all it holds", "[sqlite][migrate][promise-I39]") {
  Directory directory;
  sqlite::Connection(create_empty(directory.file()), sqlite::Access::write, 0ms).run("PRAGMA journal_mode = WAL");
  {
    sqlite::Connection db(directory.file(), sqlite::Access::write, 0ms);
    sqlite::migrate(db, sqlite::migrations().first(1));
    db.run("INSERT INTO reeve_task (id, queue, kind, priority, status, hold, max_attempts, max_crashes, created_at, run_at) "
           "VALUES (7, 'default', 'echo', 4, 'queued', 0, 5, 3, 1, 1); INSERT INTO reeve_payload (task, payload) VALUES (7, '1'); "
           "INSERT INTO reeve_count VALUES ('default', 'echo', 'queued', 1)");
  }
  const auto store = open(options_for(directory.file()));
  const auto reader = store->open_reader();
  CHECK(reader->facts().schema == sqlite::newest_schema());
  CHECK(reader->get(TaskId{7}).value().payload == "1");
  CHECK(reader->check().empty());
  const auto sent = transact(*store, [](Store& s) { return s.steps().send_signal(TaskId{7}, "go", "1", "uid:0", now); });
  CHECK(sent.result == SignalSent::Result::sent);
}

TEST_CASE("rates are kept when their table is made anew", "[sqlite][migrate][promise-I39]") {
  Directory directory;
  sqlite::Connection(create_empty(directory.file()), sqlite::Access::write, 0ms).run("PRAGMA journal_mode = WAL");
  {
    sqlite::Connection db(directory.file(), sqlite::Access::write, 0ms);
    const auto all = sqlite::migrations();
    const auto before = std::count_if(all.begin(), all.end(), [](const sqlite::Migration& one) { return one.number < 14; });
    sqlite::migrate(db, all.first(static_cast<std::size_t>(before)));
    db.run("INSERT INTO reeve_rate VALUES ('queue', 'mail', 17), ('kind', 'echo', 18)");
  }
  const auto store = open(options_for(directory.file()));
  const auto rates = store->open_reader()->rates();
  REQUIRE(rates.size() == 2);
  CHECK(rates[0].name == "mail");
  CHECK(rates[0].full_at == 17);
  CHECK(rates[1].of == RateRow::Of::kind);
  CHECK(rates[1].full_at == 18);
}

TEST_CASE("a foreign writer that holds the lock is an answer, not a loss", "[sqlite][busy]") {
  Directory directory;
  const auto store = open(options_for(directory.file()));
  sqlite3* foreign = nullptr;
  REQUIRE(sqlite3_open(directory.file().c_str(), &foreign) == SQLITE_OK);
  REQUIRE(sqlite3_exec(foreign, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  try {
    enqueue(*store);
    FAIL("written under a foreign lock");
  } catch (const StoreError& error) {
    CHECK(error.kind() == StoreError::Kind::busy);
    CHECK_FALSE(error.fatal());
  }
  REQUIRE(sqlite3_exec(foreign, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(foreign);
  enqueue(*store);
  CHECK(count_tasks(*store) == 1);
}

TEST_CASE("a full disk is refused and service resumes when there is space", "[sqlite][full][promise-I35]") {
  Directory directory;
  if (::mount("none", directory.path.c_str(), "tmpfs", 0, "size=1m") != 0) {
    WARN("no permission to mount a small file system: not tested here");
    return;
  }
  std::int64_t stored = 0;
  {
    const auto store = open(options_for(directory.file()));
    bool full = false;
    for (int i = 0; i < 1'000 && !full; ++i) {
      try {
        enqueue(*store, "\"" + std::string(8'000, 'x') + "\"");
        ++stored;
      } catch (const StoreError& error) {
        full = true;
        CHECK(error.kind() == StoreError::Kind::full);
      }
    }
    CHECK(full);
    CHECK(count_tasks(*store) == stored);
    REQUIRE(::mount("none", directory.path.c_str(), "tmpfs", MS_REMOUNT, "size=8m") == 0);
    enqueue(*store);
    CHECK(count_tasks(*store) == stored + 1);
    CHECK(store->open_reader()->check().empty());
  }
  ::umount(directory.path.c_str());
}

TEST_CASE("what was answered before a kill is there after it", "[sqlite][kill][promise-I1]") {
  Directory directory;
  std::int64_t last = 0;
  for (int round = 0; round < 15; ++round) {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    in_child([&] {
      const auto store = open(options_for(directory.file()));
      for (int i = 0; i <= round * 3; ++i) {
        const std::int64_t id = number(enqueue(*store));
        (void)!::write(told[1], &id, sizeof id);
      }
      ::raise(SIGKILL);
    });
    ::close(told[1]);
    std::int64_t id = 0;
    while (::read(told[0], &id, sizeof id) == static_cast<ssize_t>(sizeof id)) {
      CHECK(id > last);
      last = id;
    }
    ::close(told[0]);
  }
  const auto store = open(options_for(directory.file()));
  CHECK(count_tasks(*store) == last);
  CHECK(number(enqueue(*store)) == last + 1);
  CHECK(store->open_reader()->check().empty());
}

TEST_CASE("the write-ahead log stays within its bound", "[sqlite][wal]") {
  Directory directory;
  Options options = options_for(directory.file());
  options.wal_limit_bytes = 1 << 20;
  const auto store = open(options);
  const auto reader = store->open_reader();
  std::int64_t longest = 0;
  for (int i = 0; i < 400; ++i) {
    enqueue(*store, "\"" + std::string(20'000, 'x') + "\"");
    longest = std::max(longest, reader->facts().wal_bytes);
  }
  CHECK(longest <= (1 << 20));
  while (store->tidy_up()) {
  }
  CHECK(reader->facts().wal_bytes == 0);
}

TEST_CASE("a backup is a sound store of its own", "[sqlite][backup]") {
  Directory directory;
  const auto store = open(options_for(directory.file()));
  const TaskId id = enqueue(*store, R"({"kept":true})");
  const std::string copy = (directory.path / "copy.db").string();
  store->open_reader()->backup(copy);
  CHECK_THROWS_AS(store->open_reader()->backup(copy), StoreError);
  struct stat found{};
  REQUIRE(::stat(copy.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  const auto restored = open(options_for(copy));
  CHECK(restored->open_reader()->get(id)->payload == R"({"kept":true})");
  CHECK(restored->open_reader()->check().empty());
}

TEST_CASE("check finds what was changed behind the store's back", "[sqlite][check]") {
  Directory directory;
  {
    const auto store = open(options_for(directory.file()));
    enqueue(*store);
  }
  SECTION("a count") { run_sql(directory.file(), "UPDATE reeve_count SET count = 5"); }
  SECTION("a status") { run_sql(directory.file(), "UPDATE reeve_task SET status = 'failed', hold = NULL, finished_at = 1"); }
  SECTION("an epoch") { run_sql(directory.file(), "UPDATE reeve_task SET epoch = 7"); }
  SECTION("a lost payload") { run_sql(directory.file(), "DELETE FROM reeve_payload"); }
  SECTION("a forgotten waiter") { run_sql(directory.file(), "UPDATE reeve_task SET steps = 1"); }
  SECTION("a timer that never fires") { run_sql(directory.file(), "INSERT INTO reeve_timer (task, name, at) VALUES (1, 't', 1)"); }
  SECTION("a history") { run_sql(directory.file(), "INSERT INTO reeve_event (seq, at, type, task) VALUES (99, 1, 'task.started', 1)"); }
  CHECK_FALSE(open_reader(options_for(directory.file()))->check().empty());
}

TEST_CASE("the schema refuses what the published table does not know", "[sqlite][schema]") {
  Directory directory;
  {
    const auto store = open(options_for(directory.file()));
    enqueue(*store);
  }
  sqlite::Connection db(directory.file(), sqlite::Access::write, 0ms);
  CHECK_THROWS(db.run("UPDATE reeve_task SET status = 'done'"));
  CHECK_THROWS(db.run("UPDATE reeve_task SET status = 'running'"));
  CHECK_THROWS(db.run("UPDATE reeve_task SET hold = NULL"));
  CHECK_THROWS(db.run("UPDATE reeve_task SET priority = 10"));
  CHECK_THAT(schema_sql(), Catch::Contains("CREATE TABLE reeve_task"));
}

TEST_CASE("the store says what is known of its library", "[sqlite][facts]") {
  Directory directory;
  const auto store = open(options_for(directory.file()));
  const StoreFacts facts = store->open_reader()->facts();
  CHECK_THAT(facts.engine, Catch::StartsWith("sqlite 3."));
  CHECK(facts.durability == "full");
  CHECK(facts.schema == sqlite::newest_schema());
  CHECK(facts.location == fs::canonical(directory.file()).string());
  const bool defective = sqlite3_libversion_number() <= 3'051'002;
  CHECK(facts.notes.size() == (defective ? 1 : 0));
  CHECK(facts.warnings.empty());
}

}  // namespace reeve::store
