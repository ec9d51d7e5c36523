// All rows of a file as lines of JSON, of one moment.
#pragma once

#include <functional>
#include <string_view>

#include "store/file.hpp"
#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

void export_rows(Connection& db, const std::function<void(std::string_view line)>& write, const Watch& watch);

}  // namespace reeve::store::sqlite
