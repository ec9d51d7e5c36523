#include "store/sqlite/newcomer.hpp"

#include <algorithm>
#include <vector>

#include "store/sqlite/place.hpp"
#include "store/sqlite/reader.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace reeve::store::sqlite {
namespace {

std::vector<ClaimKey> running_in(const std::string& file) {
  Connection db(file, Access::read, Millis{1'000});
  std::vector<ClaimKey> claims;
  Query query = db.query("SELECT id, epoch FROM reeve_task INDEXED BY reeve_task_lease WHERE lease_expires_at IS NOT NULL ORDER BY id");
  while (query.step()) {
    Row row = query.row();
    const TaskId id = row.id();
    claims.push_back({id, row.integer()});
  }
  return claims;
}

// At no cost to them: it is not their fault.
void give_back(Store& store, const std::vector<ClaimKey>& claims, Timestamp now, Arrival& arrival) {
  for (const ClaimKey claim : claims) {
    Finish end;
    end.claim = claim;
    end.outcome = Outcome::interrupted;
    end.next = Requeue{now, store::Budget::interruption};
    const Finished finished = transact(store, [&](Store& s) { return s.tasks().finish(end, now); });
    ++(finished.status == Status::cancelled ? arrival.cancelled : arrival.requeued);
  }
}

void raise_numbers(Connection& db, const Numbers& least) {
  const std::pair<const char*, std::int64_t> numbers[] = {{"last_task", least.task}, {"last_event", least.event}, {"last_signal", least.signal},
                                                          {"last_batch", least.batch}};
  for (const auto& [key, number] : numbers)
    db.run(std::string("INSERT INTO reeve_meta VALUES ('") + key + "', '" + std::to_string(number) +
           "') ON CONFLICT (key) DO UPDATE SET value = CAST(max(CAST(value AS INTEGER), " + std::to_string(number) + ") AS TEXT)");
}

// Above all that the other store may have given out since: claims of one task come much slower than one a millisecond. What has succeeded is
// claimed never again.
void raise_epochs(Connection& db, Timestamp now) {
  const std::string raised = std::to_string(to_ms(now));
  db.run("BEGIN IMMEDIATE");
  db.run("UPDATE reeve_task SET epoch = max(epoch + 1, " + raised + ") WHERE status <> 'succeeded'");
  db.run("INSERT OR REPLACE INTO reeve_meta VALUES ('epochs_raised_to', '" + raised + "')");
  db.run("COMMIT");
}

void refuse_faults(const std::string& file) {
  const std::vector<std::string> faults = SqliteReader(file, Durability::full, Millis{1'000}).check();
  if (faults.empty()) return;
  throw StoreError(StoreError::Kind::corrupt, "it is not sound (" + std::to_string(faults.size()) + (faults.size() == 1 ? " fault" : " faults") +
                                                  ", first: " + faults[0] + "); the store was left as it is");
}

}  // namespace

Numbers numbers_of(const std::string& path) {
  Numbers numbers;
  if (size_of(path) == 0) return numbers;
  try {
    Connection db(path, Access::read, Millis{1'000});
    const auto greatest = [&](const std::string& table, const std::string& column, const std::string& key) {
      return std::max(db.integer("SELECT max(" + column + ") FROM " + table),
                      db.integer("SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = '" + key + "'"));
    };
    numbers.task = greatest("reeve_task", "id", "last_task");
    numbers.event = greatest("reeve_event", "seq", "last_event");
    numbers.signal = greatest("reeve_signal", "id", "last_signal");
    numbers.batch = greatest("reeve_batch", "id", "last_batch");
  } catch (const std::exception&) {   // damaged, or of an older schema
  }
  return numbers;
}

void make_ready(const std::string& file, const Options& options, std::string_view event, const Numbers& at_least, Timestamp now, Arrival& arrival) {
  {
    Connection db(file, Access::write, Millis{1'000});
    raise_numbers(db, at_least);
  }
  const std::vector<ClaimKey> running = running_in(file);
  {
    SqliteStore store(file, options);
    give_back(store, running, now, arrival);
    Event happened;
    happened.at = now;
    happened.type = event;
    happened.actor = "operator";
    happened.data = "{\"requeued\":" + std::to_string(arrival.requeued) + ",\"cancelled\":" + std::to_string(arrival.cancelled) + "}";
    transact(store, [&](Store& s) { return s.maintenance().append_event(happened); });
  }
  {
    Connection db(file, Access::write, Millis{1'000});
    raise_epochs(db, now);
    arrival.tasks = arrival.tasks == 0 ? db.integer("SELECT count(*) FROM reeve_task") : arrival.tasks;
    if (db.text("PRAGMA journal_mode = DELETE") != "delete") throw StoreError(StoreError::Kind::io, file + ": could not be closed");
  }
  refuse_faults(file);
}

}  // namespace reeve::store::sqlite
