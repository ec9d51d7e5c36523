#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "executors/scoreboard/page.hpp"

namespace reeve::executors::scoreboard {
namespace {

std::string text_of(int number) { return std::generic_category().message(number); }

// What a body finds: nothing told.
bool write_anew(int fd) {
  Page page;
  page.magic = page_magic;
  page.version = layout_version;
  page.told.current = page.told.total = std::numeric_limits<double>::quiet_NaN();
  return ::pwrite(fd, &page, sizeof page, 0) == sizeof page;
}

// As we made it: its owner has neither lengthened nor moved nor linked it, nor taken our own right to it away.
bool is_intact(const Pages::File& file) {
  struct stat now {};
  return ::fstat(file.fd.get(), &now) == 0 && now.st_nlink == 1 && now.st_size == sizeof(Page) && now.st_uid == file.owner.uid &&
         (now.st_mode & 07777) == 0600;
}

bool is_number(const char* name) {
  return *name != '\0' && std::all_of(name, name + std::char_traits<char>::length(name), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Owner ourselves() { return {::geteuid(), ::getegid()}; }

Pages::Pages(std::string folder, std::size_t most) : folder_(std::move(folder)), most_(most) {
  if (::mkdir(folder_.c_str(), 0711) != 0 && errno != EEXIST) {
    why_ = folder_ + ": " + text_of(errno);
    return;
  }
  process::Descriptor lock(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat there {};
  if (!lock || ::fstat(lock.get(), &there) != 0) why_ = folder_ + ": " + text_of(errno);
  else if (there.st_uid != ::geteuid()) why_ = folder_ + " belongs to uid " + std::to_string(there.st_uid) + "; remove it";
  else if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) why_ = folder_ + " is in use by another daemon; give each its own api.socket";
  else if (::fchmod(lock.get(), 0711) != 0) why_ = folder_ + ": " + text_of(errno);
  if (!why_.empty()) return;
  lock_ = std::move(lock);
  remove_all();
}

Pages::~Pages() {
  if (!kept()) return;
  for (File& file : free_) remove(std::move(file));
  ::rmdir(folder_.c_str());
}

void Pages::remove_all() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(folder_.c_str()), ::closedir);
  if (!folder) return;
  while (const dirent* entry = ::readdir(folder.get()))
    if (is_number(entry->d_name)) ::unlinkat(lock_.get(), entry->d_name, 0);
}

void Pages::prepare(Owner owner, std::size_t count) {
  while (kept() && free_.size() < std::min(count, most_)) {
    File file = make(owner);
    if (!file.fd) return;
    free_.push_back(std::move(file));
  }
}

Pages::File Pages::take(Owner owner) {
  if (!kept()) return {};
  File file = find(owner);
  if (!file.fd) file = make(owner);
  if (file.fd) ++in_use_;
  return file;
}

Pages::File Pages::find(Owner owner) {
  for (std::size_t i = free_.size(); i-- > 0;) {
    if (free_[i].owner != owner) continue;
    File file = std::move(free_[i]);
    free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(i));
    if (is_intact(file) && write_anew(file.fd.get())) return file;
    remove(std::move(file));
  }
  return {};
}

// Each has a new name: an old one that was linked elsewhere stays nobody's.
Pages::File Pages::make(Owner owner) {
  if (in_use_ + free_.size() >= most_) {
    if (free_.empty()) return {};
    remove(std::move(free_.front()));   // of another user, who had one for the longest time
    free_.erase(free_.begin());
  }
  File file{{}, ++last_, owner};
  const std::string path = path_of(file.number);
  file.fd = process::Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.fd) return {};
  const bool given = owner == ourselves() || ::fchown(file.fd.get(), owner.uid, owner.gid) == 0;
  if (given && ::fchmod(file.fd.get(), 0600) == 0 && write_anew(file.fd.get())) return file;
  remove(std::move(file));
  return {};
}

void Pages::give_back(File file) {
  --in_use_;
  free_.push_back(std::move(file));
}

void Pages::remove(File file) { ::unlink(path_of(file.number).c_str()); }

}  // namespace reeve::executors::scoreboard
