#include "store/sqlite/statement.hpp"

#include <stdexcept>

#include "store/sqlite/failure.hpp"

namespace reeve::store::sqlite {

Statement::Statement(sqlite3* db, std::string_view sql, std::string_view path) : path_(path) {
  const int code = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
  if (code != SQLITE_OK) fail(db, code, path, sql.substr(0, 60));
}

std::string_view Row::view() {
  const int column = next_++;
  const void* bytes = sqlite3_column_blob(statement_, column);
  return bytes ? std::string_view{static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))}
               : std::string_view{};
}

std::optional<std::int64_t> Row::maybe_integer() {
  if (null()) return skip(), std::nullopt;
  return integer();
}
std::optional<int> Row::maybe_small() {
  if (null()) return skip(), std::nullopt;
  return small();
}
std::optional<double> Row::maybe_real() {
  if (null()) return skip(), std::nullopt;
  return real();
}
std::optional<std::string> Row::maybe_text() {
  if (null()) return skip(), std::nullopt;
  return text();
}
std::optional<TaskId> Row::maybe_id() {
  if (null()) return skip(), std::nullopt;
  return id();
}
std::optional<BatchId> Row::maybe_batch() {
  if (null()) return skip(), std::nullopt;
  return BatchId{integer()};
}
std::optional<Timestamp> Row::maybe_time() {
  if (null()) return skip(), std::nullopt;
  return time();
}

Query::Query(Statement& statement) : statement_(statement) {
  if (statement.in_use_) throw std::logic_error("a prepared statement is used twice at once");
  statement.in_use_ = true;
}

Query::~Query() {
  sqlite3_reset(statement_.handle_);
  sqlite3_clear_bindings(statement_.handle_);
  statement_.in_use_ = false;
}

void Query::put(int place, std::int64_t value) { check(sqlite3_bind_int64(statement_.handle_, place, value)); }
void Query::put(int place, double value) { check(sqlite3_bind_double(statement_.handle_, place, value)); }
void Query::put(int place, std::nullopt_t) { check(sqlite3_bind_null(statement_.handle_, place)); }
void Query::put(int place, std::string_view text) {
  check(sqlite3_bind_text64(statement_.handle_, place, text.data() ? text.data() : "", text.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void Query::put(int place, Blob blob) {
  check(sqlite3_bind_blob64(statement_.handle_, place, blob.bytes.data() ? blob.bytes.data() : "", blob.bytes.size(), SQLITE_STATIC));
}

bool Query::step() {
  const int code = sqlite3_step(statement_.handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) check(code);
  return false;
}

void Query::run() {
  while (step()) {
  }
}

std::int64_t Query::run_counting() {
  run();
  return sqlite3_changes64(sqlite3_db_handle(statement_.handle_));
}

void Query::again() { sqlite3_reset(statement_.handle_); }

void Query::check(int code) {
  if (code == SQLITE_OK) return;
  const std::string_view sql = sqlite3_sql(statement_.handle_);
  fail(sqlite3_db_handle(statement_.handle_), code, statement_.path_, sql.substr(0, 60));
}

}  // namespace reeve::store::sqlite
