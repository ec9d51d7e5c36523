// What the file is made of.
#include <algorithm>

#include "store/sqlite/reader.hpp"
#include "store/sqlite/retention_piece.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr std::string_view prefix = "reeve_";

std::string short_name(const std::string& name) { return name.starts_with(prefix) ? name.substr(prefix.size()) : name; }

// Bytes of the pages of a table or an index. A library without this virtual table cannot tell.
std::int64_t bytes_of_pages(Connection& db, const std::string& name) {
  if (sqlite3_compileoption_used("ENABLE_DBSTAT_VTAB") == 0) return 0;
  Query query = db.query("SELECT sum(pgsize) FROM dbstat WHERE name = ? AND aggregate = TRUE");
  query.bind(name);
  return query.step() ? query.row().integer() : 0;
}

std::optional<Timestamp> moment(Connection& db, std::string_view sql) {
  const std::int64_t ms = db.integer(sql);
  return ms == 0 ? std::nullopt : std::optional<Timestamp>{from_ms(ms)};
}

void read_tables(Connection& db, StoreAnatomy& anatomy) {
  std::vector<std::string> names;
  {
    Query query = db.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'reeve\\_%' ESCAPE '\\' ORDER BY name");
    while (query.step()) names.push_back(query.row().text());
  }
  for (const std::string& table : names) {
    StoreAnatomy::Table& row = anatomy.tables.emplace_back();
    row.name = short_name(table);
    row.rows = db.integer("SELECT count(*) FROM " + table);
    row.bytes = bytes_of_pages(db, table);
  }
}

void read_indexes(Connection& db, StoreAnatomy& anatomy) {
  {
    Query query = db.query("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND name LIKE 'reeve\\_%' ESCAPE '\\' ORDER BY name");
    while (query.step()) {
      Row row = query.row();
      StoreAnatomy::Index& index = anatomy.indexes.emplace_back();
      index.name = row.text();
      index.table = row.text();
    }
  }
  for (StoreAnatomy::Index& index : anatomy.indexes) {
    index.bytes = bytes_of_pages(db, index.name);
    index.name = short_name(index.name);
    index.table = short_name(index.table);
  }
}

}  // namespace

StoreAnatomy SqliteReader::anatomy() {
  const ReadTransaction one_state(db_);
  StoreAnatomy anatomy;
  anatomy.facts = facts();
  anatomy.counts = counts();
  read_tables(db_, anatomy);
  read_indexes(db_, anatomy);
  anatomy.free_bytes = db_.integer("PRAGMA freelist_count") * db_.integer("PRAGMA page_size");
  anatomy.gives_space_back = db_.integer("PRAGMA auto_vacuum") == 2;
  anatomy.log_bytes = sum_of_logs(db_);
  anatomy.oldest_task = moment(db_, "SELECT created_at FROM reeve_task ORDER BY id LIMIT 1");
  anatomy.newest_task = moment(db_, "SELECT created_at FROM reeve_task ORDER BY id DESC LIMIT 1");
  for (const EndedGroup& group : ended_groups(db_)) {
    Query query = db_.query(
        "SELECT finished_at FROM reeve_task INDEXED BY reeve_task_finished WHERE status = ? AND kind = ? AND finished_at IS NOT NULL "
        "ORDER BY finished_at LIMIT 1");
    if (!query.bind(name(group.status), group.kind).step()) continue;
    const Timestamp at = query.row().time();
    anatomy.oldest_end = std::min(anatomy.oldest_end.value_or(at), at);
  }
  anatomy.oldest_event = moment(db_, "SELECT at FROM reeve_event ORDER BY seq LIMIT 1");
  anatomy.newest_event = moment(db_, "SELECT at FROM reeve_event ORDER BY seq DESC LIMIT 1");
  return anatomy;
}

}  // namespace reeve::store::sqlite
