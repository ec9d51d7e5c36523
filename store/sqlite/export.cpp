#include "store/sqlite/export.hpp"

#include "store/sqlite/export_table.hpp"
#include "store/sqlite/row_text.hpp"
#include "store/sqlite/schema.hpp"

namespace reeve::store::sqlite {
namespace {

constexpr std::int64_t rows_between_looks = 2'000;

void add_column(std::string& line, const ExportTable::Column& column, Row& row) {
  if (row.null()) return row.skip();
  add_key(line, column.member);
  switch (column.holds) {
    case ExportTable::Holds::integer: return add_integer(line, row.integer());
    case ExportTable::Holds::real: return add_real(line, row.real());
    case ExportTable::Holds::text:
    case ExportTable::Holds::bytes: return add_text(line, row.view());
  }
}

std::int64_t count_rows(Connection& db, const std::vector<ExportTable>& tables) {
  std::int64_t rows = 0;
  for (const ExportTable& table : tables) rows += db.integer("SELECT count(*) FROM " + table.table());
  return rows;
}

std::string head(Connection& db, std::int64_t rows) {
  const auto noted = [&](const std::string& key) { return db.integer("SELECT CAST(value AS INTEGER) FROM reeve_meta WHERE key = '" + key + "'"); };
  std::string line = "{";
  add_key(line, "reeve");
  add_text(line, "export");
  const std::pair<std::string_view, std::int64_t> numbers[] = {
      {"version", export_version},
      {"schema", present_schema(db)},
      {"rows", rows},
      {"last_task", std::max(db.integer("SELECT max(id) FROM reeve_task"), noted("last_task"))},
      {"last_event", std::max(db.integer("SELECT max(seq) FROM reeve_event"), noted("last_event"))},
      {"last_signal", std::max(db.integer("SELECT max(id) FROM reeve_signal"), noted("last_signal"))},
      {"last_batch", std::max(db.integer("SELECT max(id) FROM reeve_batch"), noted("last_batch"))},
      {"pruned_events", noted("pruned_events")}};
  for (const auto& [key, number] : numbers) {
    add_key(line, key);
    add_integer(line, number);
  }
  return line + "}";
}

std::string select_all(const ExportTable& table) {
  std::string columns, order;
  for (const ExportTable::Column& column : table.columns) columns += (columns.empty() ? "" : ", ") + column.name;
  for (const std::string& column : table.key) order += (order.empty() ? " ORDER BY " : ", ") + column;
  return "SELECT " + columns + " FROM " + table.table() + order;
}

}  // namespace

void export_rows(Connection& db, const std::function<void(std::string_view line)>& write, const Watch& watch) {
  const ReadTransaction one_state(db);
  const std::vector<ExportTable> tables = export_tables(db);
  const std::int64_t all = count_rows(db, tables);
  write(head(db, all));
  std::int64_t done = 0;
  std::string line;
  for (const ExportTable& table : tables) {
    const std::string sql = select_all(table);
    Statement statement(db.handle(), sql, db.path());
    for (Query rows(statement); rows.step();) {
      line = "{\"row\":\"" + table.type + "\"";
      Row row = rows.row();
      for (const ExportTable::Column& column : table.columns) add_column(line, column, row);
      line += '}';
      write(line);
      if (++done % rows_between_looks == 0 && watch) watch(done, all);
    }
  }
}

}  // namespace reeve::store::sqlite
