#include "tests/unit/store/counted_store.hpp"

#include <sqlite3.h>

namespace reeve::store {

int CountedStore::steps_of(const std::function<void()>& work) {
  int steps = 0;
  const auto count = [](void* total) {
    ++*static_cast<int*>(total);
    return 0;
  };
  sqlite3_progress_handler(session->db.handle(), 1, count, &steps);
  work();
  sqlite3_progress_handler(session->db.handle(), 0, nullptr, nullptr);
  return steps;
}

}  // namespace reeve::store
