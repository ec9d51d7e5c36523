#include "store/sqlite/inspect.hpp"

#include <algorithm>
#include <chrono>

#include "store/sqlite/place.hpp"
#include "store/sqlite/schema.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

// Interrupts whatever the connection does once the time is over.
class TimeLimit {
 public:
  TimeLimit(Connection& db, Millis budget) : db_(db), end_(Clock::now() + budget) {
    const auto over = [](void* self) { return Clock::now() > static_cast<TimeLimit*>(self)->end_ ? 1 : 0; };
    sqlite3_progress_handler(db_.handle(), 1'000, over, this);
  }
  ~TimeLimit() { sqlite3_progress_handler(db_.handle(), 0, nullptr, nullptr); }
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

 private:
  Connection& db_;
  Clock::time_point end_;
};

void refuse_damage(Connection& db, Millis budget) {
  const TimeLimit limit(db, budget);
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(db.handle(), "PRAGMA quick_check(1)", -1, &statement, nullptr);
  std::string verdict = "ok";
  if (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) verdict = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  else if ((code & 0xff) == SQLITE_CORRUPT) verdict = sqlite3_errmsg(db.handle());
  sqlite3_finalize(statement);
  if (verdict == "ok") return;
  throw StoreError(StoreError::Kind::corrupt, db.path() + ": is damaged (" + verdict +
                                                  ") and was left as it is; restore a backup, or look with `sqlite3 FILE .recover`");
}

bool has_bytes_beside(const std::string& path) { return size_of(path + "-wal") > 0 || size_of(path + "-journal") > 0; }

}  // namespace

Inspection identify(Connection& db) {
  const int schema = present_schema(db);
  const auto version = static_cast<int>(db.integer("PRAGMA user_version"));
  const auto application = db.integer("PRAGMA application_id");
  const auto others = db.integer("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'reeve\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
  if (schema == 0 && (others > 0 || (application != 0 && application != application_id))) {
    throw StoreError(StoreError::Kind::foreign, db.path() + ": is the database of another program and was left as it is; name another path");
  }
  const int newest = std::max(schema, application == application_id || schema == 0 ? version : 0);
  if (newest > newest_schema()) {
    throw StoreError(StoreError::Kind::newer, db.path() + ": has schema " + std::to_string(newest) + ", this reeve knows " +
                                                  std::to_string(newest_schema()) + "; it was left as it is, use the newer reeve");
  }
  return {schema};
}

Inspection inspect(const std::string& path, Millis budget) {
  Connection db(path, has_bytes_beside(path) ? Access::read : Access::immutable, Millis{2'000});
  const Inspection found = identify(db);
  refuse_damage(db, budget);
  return found;
}

}  // namespace reeve::store::sqlite
