// The write-ahead log of the writing connection: how long it is, and when it goes back into the file.
#pragma once

#include <cstdint>

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

class Wal {
 public:
  Wal(Connection& db, std::int64_t limit_bytes, Millis busy_timeout);
  ~Wal();
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;

  // After a commit, outside any transaction: copies the log into the file when it has grown enough. A reader that holds an old state
  // delays that, and never the writer.
  void after_commit();
  // Empties the log. False: a reader or another writer is in the way; later.
  bool truncate();
  [[nodiscard]] bool empty() const { return pages_ == 0; }

 private:
  struct Progress {
    int in_log = 0;
    int copied = 0;
  };
  Progress checkpoint(int mode);
  Connection& db_;
  Millis busy_timeout_;
  int pages_ = 0;        // in the log, after the last commit
  int soft_limit_;
  int hard_limit_;
  int next_;             // checkpoint when pages_ reaches this
  int before_ = 0;
};

}  // namespace reeve::store::sqlite
