#include "store/sqlite/failure.hpp"
#include "store/sqlite/place.hpp"
#include "store/sqlite/reader.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace reeve::store::sqlite {
namespace {

// The copy under way: gone again when it was not completed.
class Copy {
 public:
  explicit Copy(std::string path) : path_(std::move(path)) { create_private(path_); }
  ~Copy() {
    if (!complete_) ::unlink(path_.c_str());
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  void complete() { complete_ = true; }

 private:
  std::string path_;
  bool complete_ = false;
};

// All of `from` in one step, so that it is one state; the writer goes on meanwhile.
void copy_all(Connection& from, Connection& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (!backup) fail(to.handle(), sqlite3_extended_errcode(to.handle()), to.path(), "backup");
  const int code = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) fail(to.handle(), code, to.path(), "backup");
}

}  // namespace

void SqliteReader::backup(const std::string& path) {
  const std::string target = resolve(path, false);
  if (exists(target)) throw StoreError(StoreError::Kind::unusable, target + ": exists already; name a path where nothing is");
  Copy copy(target);
  {
    Connection to(target, Access::write, Millis{0});
    to.run("PRAGMA synchronous = FULL");
    copy_all(db_, to);
    // The copy is one file that carries no log.
    if (to.text("PRAGMA journal_mode = DELETE") != "delete") throw StoreError(StoreError::Kind::io, target + ": the copy could not be closed");
  }
  copy.complete();
}

}  // namespace reeve::store::sqlite
