// Hears from the kernel that files were written, by their paths. Never opens them: closing a descriptor of a database drops SQLite's locks.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace reeve::supervisor {

class FileWatch {
 public:
  // Throws std::system_error when the kernel gives no watch.
  FileWatch();
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Readable when there is news.
  [[nodiscard]] int descriptor() const { return inotify_; }

  // News of these files is news of `key`. False: not all of them can be watched now, because they do not exist or the kernel has no room.
  bool watch(std::size_t key, const std::vector<std::string>& files);
  // Files of these names that come, go or are renamed in the folder.
  bool watch_folder(std::size_t key, const std::string& folder, std::set<std::string> names);

  // The keys there is news of; does not wait.
  [[nodiscard]] std::set<std::size_t> news();

 private:
  struct Interest {
    std::size_t key = 0;
    std::set<std::string> names{};   // empty: of the watched file itself
    bool operator==(const Interest&) const = default;
  };
  bool add(const std::string& path, unsigned mask, Interest interest);
  int inotify_ = -1;
  std::map<int, std::vector<Interest>> interests_{};   // by watch
};

}  // namespace reeve::supervisor
