#include "store/sqlite/door_columns.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <span>

namespace reeve::store::sqlite {
namespace {

// 32 Mi characters of payload, 1 Mi of anything else, each of at most four bytes; the CHECKs below.
constexpr int longest_value = 129 << 20;

constexpr std::array<DoorColumn, 16> known_columns{{
    {"queue", DoorValue::text, "TEXT CHECK (length(queue) BETWEEN 1 AND 128)", 1},
    {"priority", DoorValue::number, "INTEGER CHECK (priority BETWEEN 0 AND 9)", 1},
    {"run_at", DoorValue::moment, "TEXT CHECK (run_at IS NULL OR julianday(run_at) IS NOT NULL)", 1},
    {"expires_in", DoorValue::text, "TEXT CHECK (length(expires_in) BETWEEN 1 AND 64)", 1},
    {"max_attempts", DoorValue::number, "INTEGER CHECK (max_attempts > 0)", 1},
    {"labels", DoorValue::json, "TEXT CHECK (labels IS NULL OR (length(labels) <= 1048576 AND json_type(labels) = 'object'))", 1},
    {"metadata", DoorValue::json, "TEXT CHECK (metadata IS NULL OR (length(metadata) <= 1048576 AND json_valid(metadata)))", 1},
    {"external_id", DoorValue::text, "TEXT CHECK (length(external_id) BETWEEN 1 AND 1024)", 1},
    {"dedupe_key", DoorValue::text, "TEXT CHECK (length(dedupe_key) BETWEEN 1 AND 1024)", 1},
    {"dedupe_scope", DoorValue::text, "TEXT CHECK (dedupe_scope IS NULL OR (dedupe_key IS NOT NULL AND dedupe_scope IN ('kind', 'global')))", 1},
    {"concurrency_key", DoorValue::text, "TEXT CHECK (length(concurrency_key) BETWEEN 1 AND 256)", 1},
    {"supersede_key", DoorValue::text, "TEXT CHECK (length(supersede_key) BETWEEN 1 AND 256)", 1},
    {"order_key", DoorValue::text, "TEXT CHECK (length(order_key) BETWEEN 1 AND 256)", 1},
    {"fair_key", DoorValue::text, "TEXT CHECK (length(fair_key) BETWEEN 1 AND 256)", 1},
    {"traceparent", DoorValue::text, "TEXT CHECK (length(traceparent) = 55)", 1},
    {"allow_unknown", DoorValue::flag, "INTEGER CHECK (allow_unknown IN (0, 1))", 1},
}};

// A time as SQLite understands it, in the words of the API; what is no time is passed on and refused there.
constexpr std::string_view moment_expression =
    "coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', {0}), {0})";

std::string expression_of(const DoorColumn& column) {
  if (column.value != DoorValue::moment) return std::string(column.name);
  std::string text(moment_expression);
  for (std::size_t at = text.find("{0}"); at != std::string::npos; at = text.find("{0}")) text.replace(at, 3, column.name);
  return text;
}

bool is_present(const std::set<std::string, std::less<>>& present, std::string_view name) { return present.empty() || present.contains(name); }

void add_member(std::string& object, std::string_view name, DoorValue value, std::string_view bytes) {
  object += object.size() == 1 ? "\"" : ",\"";
  (object += name) += "\":";
  switch (value) {
    case DoorValue::text:
    case DoorValue::moment: object += boost::json::serialize(boost::json::string_view{bytes.data(), bytes.size()}); break;
    case DoorValue::flag: object += bytes == "0" ? "false" : "true"; break;
    case DoorValue::number:
    case DoorValue::json: object += bytes; break;
  }
}

}  // namespace

std::span<const DoorColumn> door_columns() { return known_columns; }

std::string door_table(std::string_view first_columns, int edition) {
  std::string sql = "(\n  id            INTEGER PRIMARY KEY AUTOINCREMENT,\n";
  sql += first_columns;
  sql +=
      "  kind          TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 128 AND kind NOT GLOB '*[^A-Za-z0-9_.:-]*'),\n"
      "  payload       TEXT NOT NULL DEFAULT 'null' CHECK (length(payload) <= 33554432 AND json_valid(payload)),\n";
  for (const DoorColumn& column : known_columns) {
    if (column.edition > edition) continue;
    std::string name(column.name);
    name.resize(std::max<std::size_t>(name.size() + 1, 14), ' ');
    ((sql += "  ") += name) += column.definition;
    sql += ",\n";
  }
  // What has no column of its own: {"timeout":"5m","retry":{"attempts":1}}.
  sql +=
      "  options       TEXT CHECK (options IS NULL OR (length(options) <= 1048576 AND json_type(options) = 'object')),\n"
      "  written_at    INTEGER DEFAULT (CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER))\n"
      ") STRICT";
  return sql;
}

std::string select_door_row(std::string_view table, std::string_view first_columns, const std::set<std::string, std::less<>>& present) {
  std::string sql = "SELECT id, ";
  sql += first_columns;
  sql += "written_at, kind, payload, ";
  for (const DoorColumn& column : known_columns)
    if (is_present(present, column.name)) (sql += expression_of(column)) += ", ";
  ((sql += "options FROM ") += table) += " WHERE id = ?";
  return sql;
}

void read_door_row(Row& row, const std::set<std::string, std::less<>>& present, DoorRow& into) {
  into.written_at = row.maybe_time();
  into.kind = row.text();
  into.payload = row.text();
  std::string object = "{";
  for (const DoorColumn& column : known_columns) {
    if (!is_present(present, column.name)) continue;
    if (row.null()) row.skip();
    else add_member(object, column.name, column.value, row.view());
  }
  if (!row.null()) {
    const std::string_view options = row.view();
    const std::size_t open = options.find('{');
    const std::size_t close = options.rfind('}');
    const bool empty = open == std::string_view::npos || close <= open || options.find_first_not_of(" \t\r\n", open + 1) == close;
    if (!empty) ((object += object.size() == 1 ? "" : ",") += options.substr(open + 1, close - open - 1));
  }
  into.options = std::move(object) + "}";
}

ValueLimit::ValueLimit(Connection& db) : db_(db), before_(sqlite3_limit(db.handle(), SQLITE_LIMIT_LENGTH, longest_value)) {}
ValueLimit::~ValueLimit() { sqlite3_limit(db_.handle(), SQLITE_LIMIT_LENGTH, before_); }

}  // namespace reeve::store::sqlite
