// The write-ahead log of the writing connection: how long it is, and when it goes back into the file.
#pragma once

#include <cstdint>

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

// The defect by which a commit during another connection's checkpoint can damage the file.
[[nodiscard]] constexpr bool has_wal_reset_defect(int version) { return version >= 3'007'000 && version <= 3'051'002; }

class Wal {
 public:
  Wal(Connection& db, std::int64_t limit_bytes, Millis busy_timeout);
  ~Wal();
  Wal(const Wal&) = delete;
  Wal& operator=(const Wal&) = delete;

  // After a commit, outside any transaction: copies the log into the file when it has grown enough. A reader that holds an old state
  // delays that, and never the writer.
  void after_commit();
  // Another program writes, too. Its SQLite checkpoints by itself once the log has 1,000 pages; where that is not safe the log is begun anew
  // before it is that long.
  void stay_short();
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
  bool short_ = false;
};

}  // namespace reeve::store::sqlite
