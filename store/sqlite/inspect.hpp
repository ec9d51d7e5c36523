// Looks at a file before anything is changed: is it ours, is it sound, do we know its schema?
#pragma once

#include <string>

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

struct Inspection {
  int schema = 0;  // 0: an empty database that may become ours
};

// Throws StoreError foreign, newer or corrupt; the file is as it was. Looks for damage for at most `budget`.
Inspection inspect(const std::string& path, Millis budget);

// The same questions but for damage, on an open connection.
Inspection identify(Connection& db);

}  // namespace reeve::store::sqlite
