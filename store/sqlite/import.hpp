// Lines of an export as rows of a file.
#pragma once

#include <functional>
#include <string>

#include "store/file.hpp"
#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

// Into a file that is thrown away when this throws; `db` writes to it and nobody else does. Rows meet those that are there only when `into`
// says so.
void import_rows(Connection& db, Into into, const std::function<bool(std::string& line)>& next, const Watch& watch, Arrival& arrival);

}  // namespace reeve::store::sqlite
