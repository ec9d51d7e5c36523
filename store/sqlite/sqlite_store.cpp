#include "store/sqlite/sqlite_store.hpp"

#include "store/grouped.hpp"
#include "store/sqlite/failure.hpp"
#include "store/sqlite/fingerprints.hpp"
#include "store/sqlite/inspect.hpp"
#include "store/sqlite/place.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr Millis damage_budget{2'000};

// Nothing is changed before all of it is known to be ours and sound. Gives the path back for the connection.
const std::string& prepare(const std::string& path, const StoreLock& lock) {
  if (!exists(path)) {
    create_private(path);
    return path;
  }
  if (size_of(path) == 0 && (!lock.last_store_id().empty() || size_of(path + "-wal") > 0)) {
    throw StoreError(StoreError::Kind::corrupt, path + ": is empty although store " + lock.last_store_id() +
                                                    " was kept in it; restore a backup, or remove the file and its -wal and .lock to begin anew");
  }
  inspect(path, damage_budget);
  return path;
}

void configure(Connection& db, Durability durability) {
  if (db.integer("PRAGMA page_count") == 0) db.run("PRAGMA auto_vacuum = INCREMENTAL");
  const std::string mode = db.text("PRAGMA journal_mode = WAL");
  if (mode != "wal") {
    throw StoreError(StoreError::Kind::unusable, db.path() + ": the file system gives no shared memory for a write-ahead log (journal mode " +
                                                     mode + "); put the store on a local disk");
  }
  db.run(durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  db.run("PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216");
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, const Options& options)
    : options_(options),
      lock_(path),
      session_(prepare(path, lock_), options.busy_timeout, options.busy_retries, options.busy_retry_delay),
      wal_(session_.db, options.wal_limit_bytes, options.busy_timeout) {
  configure(session_.db, options.durability);
  migrate(session_.db, migrations());
  fill_fingerprints(session_.db);
  session_.begin();
  session_.rollback();
  mind_others();
  last_event_ = session_.last_event();
  lock_.keep(session_.db.text("SELECT value FROM reeve_meta WHERE key = 'store_id'"));
}

void SqliteStore::batch(std::span<Operation* const> operations) {
  refuse_if_broken();
  Refusals refusals;
  try {
    refusals = run_grouped(*this, operations,
                           Transaction{[this] { session_.begin(); }, [this] { session_.rollback(); }, [this] { session_.commit(); }});
    last_event_ = session_.last_event();
  } catch (const StoreError& error) {
    remember_if_fatal(error);
    throw;
  }
  tell(refusals);
  mind_others();
  try {
    wal_.after_commit();
  } catch (const StoreError& error) {
    remember_if_fatal(error);  // what was answered is durable in the log; the next batch is refused
  }
}

bool SqliteStore::tidy_up() {
  refuse_if_broken();
  try {
    if (wal_.empty()) return false;
    const bool more_space = give_space_back();
    return !wal_.truncate() || more_space;
  } catch (const StoreError& error) {
    remember_if_fatal(error);
    if (error.fatal()) throw;
    return true;
  }
}

// Pages that deleted rows have left, a piece at a time, once they are worth it.
bool SqliteStore::give_space_back() {
  constexpr std::int64_t piece = 512;
  const std::int64_t unused = session_.db.integer("PRAGMA freelist_count");
  if (unused < piece || unused * 8 < session_.db.integer("PRAGMA page_count")) return false;
  session_.db.run("PRAGMA incremental_vacuum(512)");
  return true;
}

// Other programs bring their own automatic checkpoint, which only a library without the defect may meet.
void SqliteStore::mind_others() {
  if (minds_others_ || !session_.others_write()) return;
  minds_others_ = true;
  if (has_wal_reset_defect(sqlite3_libversion_number())) wal_.stay_short();
}

std::unique_ptr<Peephole> SqliteStore::open_peephole() { return std::make_unique<SqlitePeephole>(session_.db.path(), options_.busy_timeout); }

std::unique_ptr<Reader> SqliteStore::open_reader() {
  return std::make_unique<SqliteReader>(session_.db.path(), options_.durability, options_.busy_timeout);
}

void SqliteStore::refuse_if_broken() const {
  if (broken_) throw StoreError(*broken_);
}

void SqliteStore::remember_if_fatal(const StoreError& error) {
  if (error.fatal() && !broken_) broken_ = error;
}

}  // namespace reeve::store::sqlite
