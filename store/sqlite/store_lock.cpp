#include "store/sqlite/store_lock.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <thread>

#include "store/store.hpp"

namespace reeve::store::sqlite {
namespace {

struct Holder {
  std::string pid{};
  std::string store_id{};
};

Holder read_holder(int file) {
  char bytes[256];
  const ssize_t length = ::pread(file, bytes, sizeof bytes, 0);
  Holder holder;
  if (length > 0) std::istringstream(std::string(bytes, static_cast<std::size_t>(length))) >> holder.pid >> holder.store_id;
  return holder;
}

void write_holder(int file, const std::string& store_id) {
  const std::string text = std::to_string(::getpid()) + (store_id.empty() ? "" : " " + store_id) + "\n";
  if (::ftruncate(file, 0) != 0) return;  // only for people: a full disk is no reason not to lock
  (void)!::pwrite(file, text.data(), text.size(), 0);
}

// The file that was locked may have been removed by a holder that gave up meanwhile.
bool is_still_there(int file, const std::string& path) {
  struct stat held{}, named{};
  return ::fstat(file, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

bool is_gone(const std::string& pid) {
  const int number = std::atoi(pid.c_str());
  return number > 0 && ::kill(number, 0) != 0 && errno == ESRCH;
}

// A daemon that was killed while it started a child leaves the lock to that child until it executes its program: wait for it, a second at
// most. A holder that lives is not waited for.
bool lock(int file, const Holder& holder) {
  for (int tries = 0; ::flock(file, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (tries == 200 || !is_gone(holder.pid)) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace

StoreLock::StoreLock(const std::string& store_path) : path_(store_path + ".lock") {
  for (;;) {
    struct stat before{};
    fresh_ = ::stat(path_.c_str(), &before) != 0;
    file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file_ < 0) throw StoreError(StoreError::Kind::unusable, path_ + ": cannot create the lock: " + std::strerror(errno));
    const Holder holder = read_holder(file_);
    if (!lock(file_, holder)) {
      ::close(file_);
      throw StoreError(StoreError::Kind::in_use, store_path + ": is in use by process " + (holder.pid.empty() ? "unknown" : holder.pid) +
                                                     " (" + path_ + "); stop that daemon or name another store");
    }
    if (is_still_there(file_, path_)) {
      last_store_id_ = holder.store_id;
      break;
    }
    ::close(file_);
  }
  write_holder(file_, last_store_id_);
}

StoreLock::~StoreLock() {
  if (fresh_ && !kept_) ::unlink(path_.c_str());
  ::close(file_);
}

void StoreLock::keep(const std::string& store_id) {
  kept_ = true;
  write_holder(file_, store_id);
}

}  // namespace reeve::store::sqlite
