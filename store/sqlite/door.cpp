#include "store/sqlite/door.hpp"

#include "store/event_data.hpp"
#include "store/sqlite/door_columns.hpp"

namespace reeve::store::sqlite {

std::int64_t insert_left(Connection& db, std::string_view kind, std::string_view payload, std::string_view options,
                         std::optional<Timestamp> written_at) {
  if (written_at) {
    Query row = db.query("INSERT INTO reeve_inbox (kind, payload, options, written_at) VALUES (?, ?, ?, ?)");
    row.bind(kind, payload, options, written_at).run();
  } else {
    Query row = db.query("INSERT INTO reeve_inbox (kind, payload, options) VALUES (?, ?, ?)");
    row.bind(kind, payload, options).run();
  }
  return sqlite3_last_insert_rowid(db.handle());
}

std::int64_t SqliteDoor::leave(std::string_view kind, std::string_view payload, std::string_view options, Timestamp now) {
  session_.require_batch();
  return insert_left(session_.db, kind, payload, options, now);
}

std::vector<DoorRow> SqliteDoor::waiting(int limit, std::int64_t bytes) {
  session_.require_batch();
  static const std::string whole_row = select_door_row("reeve_inbox", "", {});
  std::vector<DoorRow> rows;
  {
    Query oldest = session_.db.query("SELECT id FROM reeve_inbox ORDER BY id LIMIT max(?, 0)");
    oldest.bind(limit);
    while (oldest.step()) rows.emplace_back().id = oldest.row().integer();
  }
  const ValueLimit bounded(session_.db);
  std::int64_t together = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (together >= bytes && i > 0) {
      rows.resize(i);
      break;
    }
    Query one = session_.db.query(whole_row.c_str());
    one.bind(rows[i].id);
    try {
      if (!one.step()) continue;
      Row row = one.row(1);
      read_door_row(row, {}, rows[i]);
    } catch (const StoreError&) {
      throw;
    } catch (const std::runtime_error& unreadable) {
      rows[i].fault = unreadable.what();
    }
    together += static_cast<std::int64_t>(rows[i].payload.size() + rows[i].options.size());
  }
  return rows;
}

void SqliteDoor::passed(const DoorRow& row, Timestamp now) {
  session_.require_batch();
  if (row.token.empty()) {
    Query gone = session_.db.query("DELETE FROM reeve_inbox WHERE id = ?");
    gone.bind(row.id).run();
    return;
  }
  Query taken = session_.db.query("INSERT INTO reeve_outbox_taken (token, source, row, taken_at) VALUES (?, ?, ?, ?)");
  taken.bind(row.token, row.source, row.id, now).run();
}

void SqliteDoor::refuse(const DoorRow& row, const DoorRefusal& why, Timestamp now) {
  session_.require_batch();
  set_aside(row, why, now);
  passed(row, now);
  Event event;
  event.at = now;
  event.type = "inbox.refused";
  event.kind = row.kind;
  event.actor = "runner";
  event.data = event_data::inbox_refused(row, why);
  session_.append(event);
}

void SqliteDoor::set_aside(const DoorRow& row, const DoorRefusal& why, Timestamp now) {
  if (!row.fault.empty() && row.token.empty()) {  // moved inside the file, as it cannot be read
    Query move = session_.db.query(
        "INSERT INTO reeve_inbox_refused (source, row, refused_at, code, reason, kind, payload, written_at) "
        "SELECT ?, id, ?, ?, ?, kind, payload, written_at FROM reeve_inbox WHERE id = ?");
    move.bind(row.source, now, why.code, why.message, row.id).run();
    return;
  }
  Query keep = session_.db.query(
      "INSERT INTO reeve_inbox_refused (source, row, refused_at, code, reason, kind, payload, options, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  keep.bind(row.source, row.id, now, why.code, why.message, row.kind, row.payload, row.options, row.written_at).run();
}

std::vector<std::string> SqliteDoor::known(std::span<const DoorRow> rows) {
  session_.require_batch();
  std::vector<std::string> tokens;
  for (const DoorRow& row : rows) {
    if (row.token.empty()) continue;
    Query taken = session_.db.query("SELECT 1 FROM reeve_outbox_taken WHERE token = ?");
    taken.bind(row.token);
    if (taken.step()) tokens.push_back(row.token);
  }
  return tokens;
}

void SqliteDoor::forget(std::span<const std::string> tokens) {
  session_.require_batch();
  for (const std::string& token : tokens) {
    Query gone = session_.db.query("DELETE FROM reeve_outbox_taken WHERE token = ?");
    gone.bind(token).run();
  }
}

bool SqlitePeephole::somebody_waits() {
  Query any = db_.query("SELECT EXISTS (SELECT 1 FROM reeve_inbox)");
  return any.step() && any.row().flag();
}

}  // namespace reeve::store::sqlite
