#include "store/sqlite/connection.hpp"

#include <algorithm>

#include "store/sqlite/failure.hpp"

namespace reeve::store::sqlite {
namespace {

// As a file: URI, so that options can be given; the characters that mean something there are escaped.
std::string uri(const std::string& path, Access access) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_';
    if (plain) text += c;
    else (text += '%', text += digits[static_cast<unsigned char>(c) >> 4], text += digits[static_cast<unsigned char>(c) & 15]);
  }
  text += access == Access::write ? "?mode=rw" : "?mode=ro";
  if (access == Access::immutable) text += "&immutable=1";
  return text;
}

// SQLite counts its memory under a lock at every allocation, for figures that nobody here asks for: a twelfth of a task's cost. Too late, and
// refused, when somebody in this process has used SQLite before; then it goes on counting.
void do_not_count_memory() {
  static const int answer = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)answer;
}

}  // namespace

Connection::Connection(std::string path, Access access, Millis timeout) : path_(std::move(path)) {
  do_not_count_memory();
  const int mode = access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(uri(path_, access).c_str(), &db_, mode | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  try {
    if (code != SQLITE_OK) fail(db_, code, path_, "open");
    busy_timeout(timeout);
    sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    // The schema stays trusted: SQLite before 3.42 cannot even open a table whose CHECKs use its JSON functions otherwise, and reeve_inbox has such.
    run("PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000");
    run("PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 0");
  } catch (...) {
    sqlite3_close_v2(db_);
    throw;
  }
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

void Connection::run(const std::string& sql) {
  const int code = sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(db_, code, path_, std::string_view{sql}.substr(0, std::min<std::size_t>(sql.find(';'), 60)));
}

std::int64_t Connection::integer(std::string_view sql) {
  Statement statement(db_, sql, path_);
  Query query(statement);
  return query.step() ? query.row().integer() : 0;
}

std::string Connection::text(std::string_view sql) {
  Statement statement(db_, sql, path_);
  Query query(statement);
  return query.step() ? query.row().text() : std::string{};
}

Query Connection::query(const char* sql) {
  auto& kept = statements_[sql];
  if (!kept) kept = std::make_unique<Statement>(db_, sql, path_);
  return Query(*kept);
}

ReadTransaction::~ReadTransaction() {
  if (db_.in_transaction()) sqlite3_exec(db_.handle(), "COMMIT", nullptr, nullptr, nullptr);
}

}  // namespace reeve::store::sqlite
