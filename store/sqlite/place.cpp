#include "store/sqlite/place.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "store/store.hpp"

namespace reeve::store::sqlite {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void unusable(const std::string& path, const std::string& why) { throw StoreError(StoreError::Kind::unusable, path + ": " + why); }

std::string reason() { return std::strerror(errno); }

// Like mkdir -p, private.
void make_directories(const fs::path& directory) {
  if (directory.empty() || fs::is_directory(directory)) return;
  make_directories(directory.parent_path());
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) unusable(directory, "cannot create the directory: " + reason());
}

// Locks of SQLite cannot be trusted there, and shared memory does not work.
void refuse_network(const fs::path& directory) {
  constexpr std::array<std::pair<unsigned long, const char*>, 7> networks{{{NFS_SUPER_MAGIC, "NFS"},
                                                                           {SMB_SUPER_MAGIC, "SMB"},
                                                                           {0xFF534D42, "CIFS"},
                                                                           {0xFE534D42, "SMB2"},
                                                                           {V9FS_MAGIC, "9p"},
                                                                           {0x65735546, "FUSE"},
                                                                           {AFS_SUPER_MAGIC, "AFS"}}};
  struct statfs found{};
  if (::statfs(directory.c_str(), &found) != 0) unusable(directory, "cannot look at the file system: " + reason());
  for (const auto& [magic, word] : networks) {
    if (static_cast<unsigned long>(found.f_type & 0xFFFFFFFF) != magic) continue;
    unusable(directory, std::string("is on a network file system (") + word + "); put the store on a local disk, or use PostgreSQL for many hosts");
  }
}

void refuse_odd_file(const std::string& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    if (errno == ENOENT) return;
    unusable(path, "cannot look at it: " + reason());
  }
  if (!S_ISREG(found.st_mode)) unusable(path, "is not a regular file; name a file");
  if (found.st_nlink > 1) unusable(path, "has more than one hard link; two names for one store can lose data, remove the others");
}

}  // namespace

std::string resolve(const std::string& path, bool make_parent) {
  if (path.empty()) throw StoreError(StoreError::Kind::unusable, "the path of the store is empty; write sqlite:/path/to/reeve.db");
  std::error_code failed;
  const fs::path whole = fs::weakly_canonical(fs::absolute(path), failed);
  if (failed) unusable(path, "cannot resolve it: " + failed.message());
  if (make_parent) make_directories(whole.parent_path());
  if (!fs::is_directory(whole.parent_path(), failed)) unusable(whole, "its directory does not exist");
  // A second look: the links may only now lead somewhere.
  const fs::path real = fs::weakly_canonical(whole, failed);
  if (failed) unusable(path, "cannot resolve it: " + failed.message());
  if (fs::is_symlink(fs::symlink_status(real, failed))) unusable(path, "is a symbolic link to nowhere; create its target's directory or remove it");
  refuse_network(real.parent_path());
  refuse_odd_file(real);
  return real;
}

bool exists(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0;
}

std::int64_t size_of(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 ? static_cast<std::int64_t>(found.st_size) : 0;
}

void create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) unusable(path, "cannot create it: " + reason());
  ::close(file);
  const int directory = ::open(fs::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

}  // namespace reeve::store::sqlite
