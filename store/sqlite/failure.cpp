#include "store/sqlite/failure.hpp"

#include <sqlite3.h>

#include <cstring>
#include <stdexcept>

namespace reeve::store::sqlite {
namespace {

std::string_view next_step(StoreError::Kind kind) {
  switch (kind) {
    case StoreError::Kind::busy: return "another program holds the write lock; nothing was written, try again";
    case StoreError::Kind::full: return "nothing was written; free some space, service goes on by itself";
    case StoreError::Kind::io: return "stopping; check the disk and the kernel's log, then start again: what was acknowledged is recovered";
    case StoreError::Kind::corrupt: return "the file is damaged and was left as it is; restore a backup, or look with `sqlite3 FILE .recover`";
    case StoreError::Kind::foreign: return "the file is not a reeve store and was left as it is; name another path";
    case StoreError::Kind::newer: return "use the newer reeve";
    case StoreError::Kind::in_use: return "stop the other daemon or name another path";
    case StoreError::Kind::unusable: return "check the path and its permissions";
  }
  return "";
}

}  // namespace

std::optional<StoreError::Kind> kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return StoreError::Kind::busy;
    case SQLITE_FULL:
    case SQLITE_NOMEM: return StoreError::Kind::full;
    case SQLITE_IOERR: return StoreError::Kind::io;
    case SQLITE_CORRUPT: return StoreError::Kind::corrupt;
    case SQLITE_NOTADB: return StoreError::Kind::foreign;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS: return StoreError::Kind::unusable;
    default: return std::nullopt;
  }
}

void fail(sqlite3* db, int code, std::string_view path, std::string_view doing) {
  std::string message(path);
  message += ": ";
  // What was being done says nothing about a file that is something else.
  if ((code & 0xff) != SQLITE_NOTADB) (message += doing) += ": ";
  message += db ? sqlite3_errmsg(db) : sqlite3_errstr(code);
  if (const int cause = db ? sqlite3_system_errno(db) : 0; cause != 0 && kind_of(code) != StoreError::Kind::busy) {
    message += " (";
    message += std::strerror(cause);
    message += ")";
  }
  const auto kind = kind_of(code);
  if (!kind) throw std::runtime_error(message);
  message += "; ";
  message += next_step(*kind);
  throw StoreError(*kind, std::move(message));
}

}  // namespace reeve::store::sqlite
