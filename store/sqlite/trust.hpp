// SQLite before 3.42 calls its JSON functions unsafe in the CHECKs of a schema that is not trusted, and ours are not: a file may come from
// anywhere. The statements that meet those CHECKs are our own, and no function of ours or of an extension is there to be called.
#pragma once

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

// While it lives, CHECKs may use what SQLite itself brings along.
class TrustedSchema {
 public:
  explicit TrustedSchema(Connection& db) : db_(db) { sqlite3_db_config(db_.handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, nullptr); }
  ~TrustedSchema() { sqlite3_db_config(db_.handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr); }
  TrustedSchema(const TrustedSchema&) = delete;
  TrustedSchema& operator=(const TrustedSchema&) = delete;

 private:
  Connection& db_;
};

}  // namespace reeve::store::sqlite
