// Where the store's file is: one name for it however it was spelled, a private directory, a local file system.
#pragma once

#include <cstdint>
#include <string>

namespace reeve::store::sqlite {

// The path with every symbolic link resolved. With `make_parent`, missing directories are created (0700) first. Throws StoreError when
// there cannot be a store: no directory, not a regular file, a hard link (its WAL would be found under one name only), a network file system.
[[nodiscard]] std::string resolve(const std::string& path, bool make_parent);

[[nodiscard]] bool exists(const std::string& path);
[[nodiscard]] std::int64_t size_of(const std::string& path);  // 0 when there is none

// An empty file that only its owner may read, durably in its directory. Must not exist.
void create_private(const std::string& path);

}  // namespace reeve::store::sqlite
