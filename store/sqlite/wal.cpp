#include "store/sqlite/wal.hpp"

#include <algorithm>

#include "store/sqlite/failure.hpp"

namespace reeve::store::sqlite {

Wal::Wal(Connection& db, std::int64_t limit_bytes, Millis busy_timeout) : db_(db), busy_timeout_(busy_timeout) {
  const std::int64_t page = std::max<std::int64_t>(db.integer("PRAGMA page_size"), 512);
  hard_limit_ = static_cast<int>(std::clamp<std::int64_t>(limit_bytes / page, 64, 1 << 24));
  soft_limit_ = hard_limit_ / 4;
  next_ = soft_limit_;
  const auto count_pages = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<Wal*>(self)->pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(db_.handle(), count_pages, this);
}

Wal::~Wal() { sqlite3_wal_hook(db_.handle(), nullptr, nullptr); }

void Wal::stay_short() {
  constexpr int early_enough = 600;  // of the 1,000; the rest is for the commit that goes beyond
  short_ = true;
  hard_limit_ = std::min(hard_limit_, early_enough);
  soft_limit_ = std::min(soft_limit_, early_enough);
  next_ = std::min(next_, early_enough);
}

void Wal::after_commit() {
  if (pages_ < before_) next_ = soft_limit_;  // the log began anew
  before_ = pages_;
  if (pages_ < next_) return;
  // Beyond the hard limit the log must begin anew as soon as no reader needs its end.
  checkpoint(pages_ >= hard_limit_ ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
  // When all of it is in the file the next commit starts the log over, unless a reader is still in it
  next_ = short_ ? soft_limit_ : pages_ + soft_limit_ / 4;
}

bool Wal::truncate() {
  if (pages_ == 0) return true;
  const Progress progress = checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
  if (progress.in_log != 0) return false;
  pages_ = before_ = 0;
  next_ = soft_limit_;
  return true;
}

Wal::Progress Wal::checkpoint(int mode) {
  Progress progress;
  db_.busy_timeout(Millis{0});  // waiting for a reader would hold up every commit
  const int code = sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, mode, &progress.in_log, &progress.copied);
  db_.busy_timeout(busy_timeout_);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED) fail(db_.handle(), code, db_.path(), "checkpoint");
  if (code != SQLITE_OK) progress = {std::max(progress.in_log, 1), 0};
  return progress;
}

}  // namespace reeve::store::sqlite
