#include "store/sqlite/replacement.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/place.hpp"
#include "store/store.hpp"

namespace reeve::store::sqlite {
namespace {

// What SQLite and a store keep beside a file.
constexpr std::array<const char*, 4> companions{"-wal", "-shm", "-journal", ".lock"};

[[noreturn]] void io_failed(const std::string& path, const std::string& doing) {
  throw StoreError(StoreError::Kind::io, path + ": " + doing + ": " + std::strerror(errno));
}

// Only of files that no connection of this process has open: closing a descriptor drops SQLite's locks.
void flush(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) io_failed(path, "open");
  const int failed = ::fsync(file);
  ::close(file);
  if (failed != 0) io_failed(path, "flush");
}

void rename_to(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) io_failed(from, "rename to " + to);
}

// "reeve.db.before-20261121T201500Z"
std::string name_aside(const std::string& path, Timestamp now) {
  std::string moment = to_rfc3339(now).substr(0, 19);
  std::erase(moment, '-');
  std::erase(moment, ':');
  std::string name = path + ".before-" + moment + "Z";
  for (int again = 2; exists(name); ++again) name = path + ".before-" + moment + "Z-" + std::to_string(again);
  return name;
}

// What is in the log goes into the file, so that one file is all of it. A damaged one stays as it is, with its log.
void settle(const std::string& path) {
  try {
    Connection db(path, Access::write, Millis{1'000});
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const StoreError&) {
  }
}

}  // namespace

Replacement::Replacement(std::string path) : path_(std::move(path)), file_(path_ + ".new"), lock_(path_) { remove_file(); }

Replacement::~Replacement() { remove_file(); }

void Replacement::remove_file() const {
  ::unlink(file_.c_str());
  for (const char* companion : companions) ::unlink((file_ + companion).c_str());
}

std::string Replacement::take_place(Timestamp now) {
  flush(file_, O_RDONLY);
  std::string aside;
  if (exists(path_)) {
    settle(path_);
    aside = name_aside(path_, now);
    if (size_of(path_ + "-wal") > 0) rename_to(path_ + "-wal", aside + "-wal");
  }
  ::unlink((path_ + "-wal").c_str());
  ::unlink((path_ + "-shm").c_str());
  // In one step where the file system can do that, so that there is a store at any moment.
  if (aside.empty()) {
    rename_to(file_, path_);
  } else if (::renameat2(AT_FDCWD, file_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) {
    rename_to(file_, aside);
  } else {
    rename_to(path_, aside);
    rename_to(file_, path_);
  }
  flush(std::filesystem::path(path_).parent_path(), O_RDONLY | O_DIRECTORY);
  return aside;
}

}  // namespace reeve::store::sqlite
