// What an error code of SQLite means for us: a StoreError when the store cannot do its job, otherwise a plain error of one operation.
#pragma once

#include <string>
#include <string_view>

#include "store/store.hpp"

struct sqlite3;

namespace reeve::store::sqlite {

// `doing` says what failed, as in "commit". Throws StoreError, or std::runtime_error for what only concerns the statement's own values.
[[noreturn]] void fail(sqlite3* db, int code, std::string_view path, std::string_view doing);

// The kind of StoreError for a result code, if it is one.
[[nodiscard]] std::optional<StoreError::Kind> kind_of(int code);

}  // namespace reeve::store::sqlite
