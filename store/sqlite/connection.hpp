// One connection to one file, with its prepared statements. Used by one thread at a time.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/sqlite/statement.hpp"
#include "store/time.hpp"

namespace reeve::store::sqlite {

enum class Access {
  write,      // the one connection that writes and checkpoints
  read,       // never writes, never checkpoints
  immutable   // looks at a file that nobody has open, without touching anything beside it
};

class Connection {
 public:
  Connection(std::string path, Access access, Millis busy_timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] sqlite3* handle() const { return db_; }

  // One or more statements without results.
  void run(const std::string& sql);
  // The first column of the first row; 0 or empty when there is none. Not prepared for later.
  std::int64_t integer(std::string_view sql);
  std::string text(std::string_view sql);
  // A statement that is prepared once and kept. `sql` is a literal: it is remembered by its address.
  Query query(const char* sql);
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  void busy_timeout(Millis timeout) { sqlite3_busy_timeout(db_, static_cast<int>(timeout.count())); }

 private:
  std::string path_;
  sqlite3* db_ = nullptr;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements_{};
};

// Several reads that see one committed state.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& db) : db_(db) { db_.run("BEGIN"); }
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Connection& db_;
};

}  // namespace reeve::store::sqlite
