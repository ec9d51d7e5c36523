// A new file beside a store that takes its place as a whole, or goes without a trace. Holds the store's lock meanwhile.
#pragma once

#include <string>

#include "store/sqlite/store_lock.hpp"
#include "store/time.hpp"

namespace reeve::store::sqlite {

class Replacement {
 public:
  // `path` is resolved. Throws StoreError in_use. What an interrupted one has left there is removed.
  explicit Replacement(std::string path);
  ~Replacement();
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& file() const { return file_; }   // the new one; whoever made it has closed it before take_place()

  // From here on the store is the new file, also when the power fails. Gives where the old one is now; empty: there was none.
  std::string take_place(Timestamp now);

 private:
  void remove_file() const;
  std::string path_;
  std::string file_;
  StoreLock lock_;
};

}  // namespace reeve::store::sqlite
