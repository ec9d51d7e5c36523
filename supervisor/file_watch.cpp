#include "supervisor/file_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace reeve::supervisor {

FileWatch::FileWatch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (inotify_ < 0) throw std::system_error(errno, std::system_category(), "inotify");
}

FileWatch::~FileWatch() { ::close(inotify_); }

bool FileWatch::watch(std::size_t key, const std::vector<std::string>& files) {
  bool all = true;
  for (const std::string& file : files) all = add(file, IN_MODIFY | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF, Interest{key, {}}) && all;
  return all;
}

bool FileWatch::watch_folder(std::size_t key, const std::string& folder, std::set<std::string> names) {
  return add(folder, IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ONLYDIR, Interest{key, std::move(names)});
}

bool FileWatch::add(const std::string& path, unsigned mask, Interest interest) {
  const int watch = ::inotify_add_watch(inotify_, path.c_str(), mask | IN_MASK_ADD);
  if (watch < 0) return false;
  auto& known = interests_[watch];
  if (std::find(known.begin(), known.end(), interest) == known.end()) known.push_back(std::move(interest));
  return true;
}

std::set<std::size_t> FileWatch::news() {
  std::set<std::size_t> keys;
  alignas(inotify_event) char bytes[16 << 10];
  for (;;) {
    const ssize_t length = ::read(inotify_, bytes, sizeof bytes);
    if (length <= 0) return keys;
    for (const char* at = bytes; at < bytes + length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if ((event->mask & IN_Q_OVERFLOW) != 0) {   // some news was lost: it may have been anybody's
        for (const auto& [watch, interests] : interests_)
          for (const Interest& interest : interests) keys.insert(interest.key);
        continue;
      }
      const auto found = interests_.find(event->wd);
      if (found == interests_.end()) continue;
      for (const Interest& interest : found->second)
        if (interest.names.empty() || (event->len > 0 && interest.names.contains(event->name))) keys.insert(interest.key);
      if ((event->mask & IN_IGNORED) != 0) interests_.erase(found);
    }
  }
}

}  // namespace reeve::supervisor
