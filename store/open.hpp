// Where a store's concrete type is chosen.
#pragma once

#include <memory>
#include <string>

#include "store/store.hpp"

namespace reeve::store {

enum class Durability { full, relaxed };

struct Options {
  std::string url = "";                        // "sqlite:/path/to/reeve.db" or "memory:"; the composition root fills in the default
  Durability durability = Durability::full;    // relaxed: a power loss may undo the last acknowledged commits
  Millis busy_timeout{2'000};                  // how long one commit waits for a foreign writer
  int busy_retries = 5;                        // then again this often, with growing delay, before StoreError busy
  Millis busy_retry_delay{50};
  std::int64_t wal_limit_bytes = 64LL << 20;   // checkpoints keep the WAL below this as far as readers allow
  bool inbox = true;                           // whether somebody looks after the inbox (supervisor/door.hpp); the store does not care
  Millis inbox_poll{0};                        // the same looks this often although nothing stirs; 0: never
};

// Opens, locks, verifies and migrates. Creates the file (0600) when nothing is there and its directory exists or can be made (0700).
// Throws StoreError with the reason; then nothing was changed.
[[nodiscard]] std::unique_ptr<Store> open(const Options& options);

// Opens an existing store for reading only, beside a running daemon or without one. Never creates, locks or migrates.
[[nodiscard]] std::unique_ptr<Reader> open_reader(const Options& options);

// The SQL of the newest schema, as `reeve store schema` prints it.
[[nodiscard]] std::string schema_sql();

}  // namespace reeve::store
