#include "store/file.hpp"

#include "store/sqlite/export.hpp"
#include "store/sqlite/import.hpp"
#include "store/sqlite/inspect.hpp"
#include "store/sqlite/newcomer.hpp"
#include "store/sqlite/place.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/replacement.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace reeve::store {
namespace {

constexpr std::string_view scheme = "sqlite:";
constexpr Millis patience{2'000};

std::string file_of(const Options& options, bool make_parent) {
  if (options.url.starts_with(scheme)) return sqlite::resolve(options.url.substr(scheme.size()), make_parent);
  throw StoreError(StoreError::Kind::unusable, "store url \"" + options.url + "\" is no file; write sqlite:/path/to/reeve.db");
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) { throw StoreError(StoreError::Kind::unusable, path + ": " + why); }

// Of the file as it is: nothing is migrated.
std::int64_t tasks_in(const std::string& path) {
  if (sqlite::size_of(path) == 0 || sqlite::inspect(path, patience).schema == 0) return 0;
  sqlite::Connection db(path, sqlite::Access::read, patience);
  return db.integer("SELECT count(*) FROM reeve_task");
}

}  // namespace

void export_store(const Options& options, const std::function<void(std::string_view line)>& write, const Watch& watch) {
  const std::string path = file_of(options, false);
  (void)open_reader(options);  // says why not, if it cannot be read
  sqlite::Connection db(path, sqlite::Access::read, options.busy_timeout);
  sqlite::export_rows(db, write, watch);
}

Arrival import_store(const Options& options, Into into, const std::function<bool(std::string& line)>& next, Timestamp now, const Watch& watch) {
  sqlite::Replacement fresh(file_of(options, true));
  const std::int64_t there = tasks_in(fresh.path());
  if (there > 0 && into == Into::empty_store)
    refuse(fresh.path(), "has " + std::to_string(there) + (there == 1 ? " task" : " tasks") + "; import into an empty store, or say --merge");
  if (there > 0) sqlite::SqliteReader(fresh.path(), options.durability, patience).backup(fresh.file());
  const sqlite::Numbers before = sqlite::numbers_of(fresh.path());
  Arrival arrival;
  { const sqlite::SqliteStore prepared(fresh.file(), options); }  // the newest schema
  {
    sqlite::Connection db(fresh.file(), sqlite::Access::write, patience);
    sqlite::import_rows(db, there > 0 ? into : Into::empty_store, next, watch, arrival);
  }
  sqlite::make_ready(fresh.file(), options, "store.imported", before, now, arrival);
  arrival.kept_aside = fresh.take_place(now);
  return arrival;
}

Arrival restore_store(const Options& options, const std::string& backup, Timestamp now) {
  const std::string from = sqlite::resolve(backup, false);
  if (!sqlite::exists(from)) refuse(from, "there is no such backup");
  sqlite::Replacement fresh(file_of(options, true));
  if (from == fresh.path()) refuse(from, "is the store itself; name a backup of it");
  if (sqlite::size_of(from) == 0 || sqlite::inspect(from, Millis{600'000}).schema == 0) refuse(from, "is empty; name a backup of a store");
  const sqlite::Numbers before = sqlite::numbers_of(fresh.path());
  sqlite::SqliteReader(from, options.durability, patience).backup(fresh.file());
  Arrival arrival;
  { const sqlite::SqliteStore migrated(fresh.file(), options); }
  sqlite::make_ready(fresh.file(), options, "store.restored", before, now, arrival);
  arrival.kept_aside = fresh.take_place(now);
  return arrival;
}

Vacuumed vacuum_store(const Options& options) {
  const std::string path = file_of(options, false);
  if (!sqlite::exists(path)) refuse(path, "there is no store; start the daemon once to make it");
  sqlite::StoreLock lock(path);
  if (sqlite::size_of(path) == 0 || sqlite::inspect(path, patience).schema == 0) refuse(path, "is empty; start the daemon once to make it a store");
  sqlite::Connection db(path, sqlite::Access::write, patience);
  lock.keep(db.text("SELECT value FROM reeve_meta WHERE key = 'store_id'"));
  db.run("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
  Vacuumed done;
  done.bytes_before = sqlite::size_of(path);
  db.run("PRAGMA auto_vacuum = INCREMENTAL");
  db.run("VACUUM");
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  done.bytes_after = sqlite::size_of(path);
  return done;
}

}  // namespace reeve::store
