#include "store/sqlite/export_table.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace reeve::store::sqlite {
namespace {

constexpr std::array<std::string_view, 3> made_from_others{"meta", "count", "label"};
constexpr std::array<std::string_view, 4> referred_to{"runner", "task", "payload", "step"};

std::size_t rank(const std::string& type) {
  return static_cast<std::size_t>(std::find(referred_to.begin(), referred_to.end(), type) - referred_to.begin());
}

ExportTable::Holds holds_of(std::string_view type) {
  if (type == "INTEGER" || type == "INT") return ExportTable::Holds::integer;
  if (type == "REAL") return ExportTable::Holds::real;
  return type == "BLOB" ? ExportTable::Holds::bytes : ExportTable::Holds::text;
}

ExportTable describe(Connection& db, const std::string& type) {
  ExportTable table;
  table.type = type;
  std::vector<std::pair<std::int64_t, std::string>> key;
  const std::string name = table.table();
  Query query = db.query("SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid");
  query.bind(name);
  while (query.step()) {
    Row row = query.row();
    ExportTable::Column& column = table.columns.emplace_back();
    column.name = row.text();
    column.member = column.name == "row" ? "source_row" : column.name;
    column.holds = holds_of(row.view());
    if (const std::int64_t place = row.integer(); place > 0) key.emplace_back(place, column.name);
  }
  std::sort(key.begin(), key.end());
  for (auto& [place, column] : key) table.key.push_back(std::move(column));
  return table;
}

}  // namespace

std::vector<ExportTable> export_tables(Connection& db) {
  std::vector<std::string> types;
  {
    Query query = db.query("SELECT substr(name, 7) FROM sqlite_schema WHERE type = 'table' AND name LIKE 'reeve\\_%' ESCAPE '\\' ORDER BY name");
    while (query.step()) types.push_back(query.row().text());
  }
  std::erase_if(types, [](const std::string& type) { return std::find(made_from_others.begin(), made_from_others.end(), type) != made_from_others.end(); });
  std::stable_sort(types.begin(), types.end(), [](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  std::vector<ExportTable> tables;
  for (const std::string& type : types) tables.push_back(describe(db, type));
  return tables;
}

}  // namespace reeve::store::sqlite
