// Proof of life of the one daemon that works on a store: a lock on `<file>.lock`, held as long as this object lives and dropped by the
// kernel however its process ends. The file says who holds it; its text proves nothing.
#pragma once

#include <string>

namespace reeve::store::sqlite {

class StoreLock {
 public:
  // Throws StoreError in_use, which names the holder.
  explicit StoreLock(const std::string& store_path);
  ~StoreLock();
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

  // A store was opened under this lock; without it the lock file goes again when it is new.
  void keep(const std::string& store_id);
  // The id of the store that was last kept here; empty when none was.
  [[nodiscard]] const std::string& last_store_id() const { return last_store_id_; }

 private:
  std::string path_;
  int file_ = -1;
  bool fresh_ = false;
  bool kept_ = false;
  std::string last_store_id_{};
};

}  // namespace reeve::store::sqlite
