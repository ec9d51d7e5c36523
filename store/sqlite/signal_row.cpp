#include "store/sqlite/signal_row.hpp"

namespace reeve::store::sqlite {

Signal read_signal(Row row) {
  Signal signal;
  signal.id = row.integer();
  signal.task = row.id();
  signal.type = row.text();
  signal.payload = row.text();
  signal.sent_at = row.time();
  signal.actor = row.text();
  signal.consumed_at = row.maybe_time();
  signal.consumed_by = row.integer();
  return signal;
}

void insert_signal(Connection& db, const Signal& signal) {
  Query row = db.query("INSERT INTO reeve_signal (id, task, type, payload, sent_at, actor, consumed_at, consumed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(signal.id, signal.task, signal.type, signal.payload, signal.sent_at, or_null(signal.actor), signal.consumed_at, signal.consumed_by);
  row.run();
}

}  // namespace reeve::store::sqlite
