// An application's database file and the one table in it that is ours.
//
// The file is the application's: nothing is changed in it but rows that were taken, no lock is waited for, no checkpoint is made, and no trigger
// of it runs on our behalf. A transaction over this file and the store would not be atomic at a power loss, so there is none: what was taken
// is remembered in the store until its deletion here is durable.
#include <sys/stat.h>

#include <cstring>

#include "store/sqlite/door.hpp"
#include "store/sqlite/door_columns.hpp"
#include "store/sqlite/inspect.hpp"
#include "store/sqlite/place.hpp"
#include "store/sqlite/schema.hpp"
#include "store/store.hpp"

namespace reeve::store {
namespace sqlite {
namespace {

using ColumnNames = std::set<std::string, std::less<>>;

constexpr std::string_view token_column = "  token         TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))) CHECK (length(token) BETWEEN 8 AND 128),\n";

struct FileId {
  dev_t device{};
  ino_t inode{};
  bool operator==(const FileId&) const = default;
};

FileId file_at(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0)
    throw StoreError(StoreError::Kind::unusable, path + ": " + std::strerror(errno) + "; it is looked for again, let the application make it");
  return {found.st_dev, found.st_ino};
}

[[noreturn]] void no_outbox(const std::string& path, const std::string& what) {
  throw StoreError(StoreError::Kind::unusable, path + ": " + what + "; make the table with: reeve outbox init " + path);
}

// The columns of the table; empty when there is none.
ColumnNames columns_of(Connection& db) {
  ColumnNames names;
  const std::string type = db.text("SELECT type FROM sqlite_schema WHERE name = 'reeve_outbox'");
  if (type.empty()) return names;
  if (type != "table" || db.integer("SELECT sql LIKE 'CREATE VIRTUAL%' FROM sqlite_schema WHERE name = 'reeve_outbox'") != 0)
    throw StoreError(StoreError::Kind::unusable, db.path() + ": its reeve_outbox is no ordinary table; drop it, then make it with reeve outbox init");
  Query columns = db.query("SELECT name FROM pragma_table_xinfo('reeve_outbox') WHERE hidden = 0");
  while (columns.step()) names.insert(columns.row().text());
  return names;
}

std::string missing_in(const ColumnNames& present) {
  for (const char* name : {"id", "token", "kind", "payload", "options", "written_at"})
    if (!present.contains(name)) return name;
  return {};
}

void keep_to_ourselves(Connection& db) {
  for (const int option : {SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW}) sqlite3_db_config(db.handle(), option, 0, nullptr);
  db.run("PRAGMA synchronous = FULL");
}

// The first word about a file that is something else must not call it a store.
template <class Work>
auto about_application(const std::string& path, Work work) {
  try {
    return work();
  } catch (const StoreError& error) {
    if (error.kind() != StoreError::Kind::foreign) throw;
    throw StoreError(StoreError::Kind::foreign, path + ": is no SQLite database and was left as it is; name the database file of the application");
  }
}

class FileTransaction {
 public:
  FileTransaction(Connection& db, const char* begin) : db_(db) { db_.run(begin); }
  ~FileTransaction() {
    if (db_.in_transaction()) sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  FileTransaction(const FileTransaction&) = delete;
  FileTransaction& operator=(const FileTransaction&) = delete;
  void commit() { db_.run("COMMIT"); }

 private:
  Connection& db_;
};

class SqliteOutbox final : public Outbox {
 public:
  explicit SqliteOutbox(const std::string& path)
      : path_(path), file_(file_at(path)), db_(resolve(path, false), Access::write, Millis{0}) {
    keep_to_ourselves(db_);
    sqlite3_db_config(db_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    columns_ = columns_of(db_);
    if (columns_.empty()) no_outbox(path_, "has no table reeve_outbox");
    if (const std::string missing = missing_in(columns_); !missing.empty()) no_outbox(path_, "its reeve_outbox has no column " + missing);
    whole_row_ = select_door_row("reeve_outbox", "token, ", columns_);
    if (is_replaced()) throw StoreError(StoreError::Kind::busy, path_ + ": is just being replaced");
  }

  std::vector<DoorRow> waiting(Look look, int limit, std::int64_t bytes) override {
    FileTransaction one_state(db_, look == Look::thorough ? "BEGIN IMMEDIATE" : "BEGIN");
    std::vector<DoorRow> rows = oldest(limit);
    const ValueLimit bounded(db_);
    std::int64_t together = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (together >= bytes && i > 0) {
        rows.resize(i);
        break;
      }
      read(rows[i]);
      together += static_cast<std::int64_t>(rows[i].payload.size() + rows[i].options.size());
    }
    one_state.commit();
    return rows;
  }

  void remove(std::span<const DoorRow> rows) override {
    FileTransaction all(db_, "BEGIN IMMEDIATE");
    for (const DoorRow& row : rows) {
      if (!row.fault.empty()) {  // what could not be read stays where it is
        left_.insert(row.id);
        continue;
      }
      Query gone = db_.query("DELETE FROM reeve_outbox WHERE id = ? AND token = ?");
      gone.bind(row.id, row.token).run();
    }
    all.commit();
  }

  bool is_replaced() const override {
    struct stat found{};
    return ::stat(path_.c_str(), &found) != 0 || FileId{found.st_dev, found.st_ino} != file_;
  }

 private:
  std::vector<DoorRow> oldest(int limit) {
    std::vector<DoorRow> rows;
    Query ids = db_.query("SELECT id, token FROM reeve_outbox ORDER BY id LIMIT max(?, 0)");
    ids.bind(limit + static_cast<int>(left_.size()));
    while (ids.step()) {
      Row row = ids.row();
      const std::int64_t id = row.integer();
      if (left_.contains(id)) continue;
      DoorRow& fresh = rows.emplace_back();
      fresh.id = id;
      fresh.source = path_;
      fresh.token = row.text();
    }
    return rows;
  }

  void read(DoorRow& into) {
    Query one = db_.query(whole_row_.c_str());
    one.bind(into.id);
    try {
      if (!one.step()) return;
      Row row = one.row(2);
      read_door_row(row, columns_, into);
    } catch (const StoreError&) {
      throw;
    } catch (const std::runtime_error& unreadable) {
      into.fault = unreadable.what();
    }
  }

  std::string path_;
  FileId file_;
  Connection db_;
  ColumnNames columns_{};
  std::string whole_row_{};
  std::set<std::int64_t> left_{};   // ids of rows that cannot be read
};

void refuse_store(Connection& db) {
  if (present_schema(db) == 0) return;
  throw StoreError(StoreError::Kind::unusable, db.path() + ": is a reeve store and needs no outbox; insert into its reeve_inbox");
}

OutboxMade make_table(Connection& db) {
  OutboxMade made;
  refuse_store(db);
  FileTransaction all(db, "BEGIN IMMEDIATE");
  const ColumnNames present = columns_of(db);
  if (present.empty()) {
    db.run("CREATE TABLE reeve_outbox " + door_table(token_column, newest_door_edition));
    made.created = true;
  } else if (const std::string missing = missing_in(present); !missing.empty()) {
    throw StoreError(StoreError::Kind::unusable,
                     db.path() + ": has another table called reeve_outbox, without a column " + missing + "; rename or drop that one first");
  }
  for (const DoorColumn& column : door_columns()) {
    if (made.created || present.contains(column.name)) continue;
    db.run("ALTER TABLE reeve_outbox ADD COLUMN " + std::string(column.name) + " " + std::string(column.definition));
    made.extended = true;
  }
  all.commit();
  made.journal_mode = db.text("PRAGMA journal_mode");
  return made;
}

}  // namespace
}  // namespace sqlite

std::unique_ptr<Outbox> open_outbox(const std::string& path) {
  return sqlite::about_application(path, [&path] { return std::make_unique<sqlite::SqliteOutbox>(path); });
}

OutboxMade make_outbox(const std::string& path) {
  (void)sqlite::file_at(path);
  return sqlite::about_application(path, [&path] {
    sqlite::Connection db(sqlite::resolve(path, false), sqlite::Access::write, Millis{5'000});
    sqlite::keep_to_ourselves(db);
    return sqlite::make_table(db);
  });
}

void leave_in_inbox(const std::string& url, std::span<const DoorRow> rows) {
  if (!url.starts_with("sqlite:")) throw StoreError(StoreError::Kind::unusable, url + ": only a store in a file has an inbox that outlives the daemon");
  const std::string path = sqlite::resolve(url.substr(7), false);
  if (!sqlite::exists(path)) throw StoreError(StoreError::Kind::unusable, path + ": there is no store; start the daemon once to make it");
  sqlite::Connection db(path, sqlite::Access::write, Millis{10'000});
  const sqlite::Inspection found = sqlite::identify(db);
  if (found.schema < sqlite::newest_schema()) {
    throw StoreError(StoreError::Kind::unusable, path + ": has schema " + std::to_string(found.schema) + " and this reeve writes " +
                                                     std::to_string(sqlite::newest_schema()) + "; start the daemon once to migrate it");
  }
  db.run("PRAGMA synchronous = FULL");
  sqlite::FileTransaction all(db, "BEGIN IMMEDIATE");
  for (const DoorRow& row : rows) (void)sqlite::insert_left(db, row.kind, row.payload, row.options, row.written_at);
  all.commit();
}

}  // namespace reeve::store
