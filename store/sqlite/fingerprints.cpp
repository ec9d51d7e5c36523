#include "store/sqlite/fingerprints.hpp"

#include <utility>
#include <vector>

#include "store/fingerprint.hpp"
#include "store/sqlite/task_row.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr int piece = 2'000;

struct OldError {
  TaskId task{};
  TaskError error{};
};

std::vector<OldError> next_errors(Connection& db, std::int64_t after) {
  std::vector<OldError> found;
  Query query = db.query("SELECT e.task, " REEVE_ERROR_COLUMNS " FROM reeve_error e WHERE e.task > ? AND e.epoch = 0 ORDER BY e.task LIMIT ?");
  query.bind(after, piece);
  while (query.step()) {
    Row row = query.row();
    OldError& one = found.emplace_back();
    one.task = row.id();
    std::optional<TaskError> error;
    read_error(row, error);
    one.error = std::move(error).value();
  }
  return found;
}

void give(Connection& db, const OldError& old) {
  if (!old.error.fingerprint.empty()) return;
  const std::string fingerprint = fingerprint_of(old.error);
  db.query("UPDATE reeve_error SET fingerprint = ? WHERE task = ? AND epoch = 0").bind(fingerprint, old.task).run();
  db.query("UPDATE reeve_task SET fingerprint = ? WHERE id = ?").bind(fingerprint, old.task).run();
}

// How far it got; -1: to the end.
std::int64_t next_piece(Connection& db, std::int64_t after) {
  const std::vector<OldError> errors = next_errors(db, after);
  for (const OldError& error : errors) give(db, error);
  if (errors.empty()) {
    db.run("DELETE FROM reeve_meta WHERE key = 'fingerprints_up_to'");
    return -1;
  }
  const std::int64_t reached = number(errors.back().task);
  db.run("UPDATE reeve_meta SET value = '" + std::to_string(reached) + "' WHERE key = 'fingerprints_up_to'");
  return reached;
}

}  // namespace

void fill_fingerprints(Connection& db) {
  if (db.integer("SELECT count(*) FROM reeve_meta WHERE key = 'fingerprints_up_to'") == 0) return;
  std::int64_t after = db.integer("SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = 'fingerprints_up_to'");
  while (after >= 0) {
    db.run("BEGIN IMMEDIATE");
    try {
      after = next_piece(db, after);
      db.run("COMMIT");
    } catch (...) {
      if (db.in_transaction()) sqlite3_exec(db.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
      throw;
    }
  }
}

void forget_filled_fingerprints(Connection& db) { db.run("INSERT OR REPLACE INTO reeve_meta VALUES ('fingerprints_up_to', '0')"); }

}  // namespace reeve::store::sqlite
