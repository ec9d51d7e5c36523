// What SQLite can do here with a queue's work and nothing else around it: no processes, no HTTP, no events, one table, one thread.
//
//   raw_sqlite --path FILE --mode insert --group 1 --seconds 3     tasks stored, `group` of them in each transaction
//   raw_sqlite --path FILE --mode cycle --group 16 --seconds 3     queued tasks claimed in one transaction and finished in another
//
// The same pragmas as the store: WAL, synchronous=FULL. Prints one line of JSON; the percentiles are those of a transaction (insert) or of
// a pair of them (cycle).
#include <sqlite3.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "bench/figures.hpp"

namespace {

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    if (sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr) != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(database));
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  void bind(int at, std::int64_t value) { sqlite3_bind_int64(statement_, at, value); }
  void bind(int at, const std::string& value) { sqlite3_bind_text(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC); }
  bool step() {
    const int answer = sqlite3_step(statement_);
    if (answer == SQLITE_ROW) return true;
    if (answer != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(database_));
    sqlite3_reset(statement_);
    return false;
  }
  void run() { while (step()) {} }
  [[nodiscard]] std::int64_t column(int at) const { return sqlite3_column_int64(statement_, at); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, Close>;

void run(sqlite3* database, const char* sql) {
  char* message = nullptr;
  if (sqlite3_exec(database, sql, nullptr, nullptr, &message) != SQLITE_OK) throw std::runtime_error(message ? message : "unknown");
}

Database open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int answer = sqlite3_open(path.c_str(), &raw);
  Database database(raw);
  if (answer != SQLITE_OK) throw std::runtime_error("cannot open " + path);
  run(raw, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
  run(raw,
      "CREATE TABLE task (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, queue TEXT NOT NULL, priority INTEGER NOT NULL,"
      " status INTEGER NOT NULL, run_at INTEGER NOT NULL, epoch INTEGER NOT NULL DEFAULT 0, finished_at INTEGER, payload TEXT NOT NULL) STRICT;"
      "CREATE INDEX task_ready ON task (queue, kind, priority DESC, run_at, id) WHERE status = 0;");
  return database;
}

constexpr const char* insert_sql = "INSERT INTO task (kind, queue, priority, status, run_at, payload) VALUES ('noop', 'default', 4, 0, ?, ?)";

class Work {
 public:
  Work(sqlite3* database, long group)
      : group_(group), begin_(database, "BEGIN IMMEDIATE"), commit_(database, "COMMIT"), insert_(database, insert_sql),
        ready_(database, "SELECT id FROM task WHERE queue='default' AND kind='noop' AND status=0 ORDER BY priority DESC, run_at, id LIMIT ?"),
        claim_(database, "UPDATE task SET status=1, epoch=epoch+1 WHERE id=?"),
        finish_(database, "UPDATE task SET status=2, finished_at=? WHERE id=? AND epoch=1") {}

  long insert() {
    begin_.run();
    for (long i = 0; i < group_; ++i) {
      insert_.bind(1, bench::now_ns());
      insert_.bind(2, payload_);
      insert_.run();
    }
    commit_.run();
    return group_;
  }

  long cycle() {
    std::vector<std::int64_t> ids;
    begin_.run();
    ready_.bind(1, group_);
    while (ready_.step()) ids.push_back(ready_.column(0));
    for (const std::int64_t id : ids) {
      claim_.bind(1, id);
      claim_.run();
    }
    commit_.run();
    begin_.run();
    for (const std::int64_t id : ids) {
      finish_.bind(1, bench::now_ns());
      finish_.bind(2, id);
      finish_.run();
    }
    commit_.run();
    return static_cast<long>(ids.size());
  }

 private:
  long group_;
  std::string payload_ = "\"" + std::string(198, 'x') + "\"";
  Statement begin_, commit_, insert_, ready_, claim_, finish_;
};

void fill(sqlite3* database, long count) {
  run(database, "BEGIN");
  const std::string payload(200, 'x');
  Statement insert(database, insert_sql);
  for (long i = 0; i < count; ++i) {
    insert.bind(1, i);
    insert.bind(2, payload);
    insert.run();
  }
  run(database, "COMMIT");
}

void measure(const bench::Arguments& arguments) {
  const Database database = open(arguments.text("--path"));
  const bool cycle = arguments.text("--mode", "insert") == "cycle";
  if (cycle) fill(database.get(), arguments.figure("--filled", 100'000));
  Work work(database.get(), arguments.figure("--group", 1));
  bench::Samples samples;
  std::size_t count = 0;
  const std::int64_t begin = bench::now_ns(), end = begin + static_cast<std::int64_t>(arguments.seconds() * 1e9);
  std::int64_t last = begin;
  while (last < end) {
    const long done = cycle ? work.cycle() : work.insert();
    if (done == 0) break;
    const std::int64_t now = bench::now_ns();
    samples.add(now - last);
    last = now;
    count += static_cast<std::size_t>(done);
  }
  bench::tell(count, last - begin, samples);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(bench::Arguments(argc, argv));
    return 0;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "raw_sqlite: %s\n", fault.what());
    return 1;
  }
}
