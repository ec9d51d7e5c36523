// The tables, as numbered migrations from an empty file to the newest schema.
//
// A migration is applied in one transaction together with its number, so that it happened wholly or not at all. Migrations are never changed
// once released; a change is a new one.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

struct Migration {
  int number = 0;
  std::string sql{};
};

inline constexpr std::int32_t application_id = 0x52455645;  // "REVE"

[[nodiscard]] std::span<const Migration> migrations();
[[nodiscard]] int newest_schema();

// The tables of steps, waits, signals and timers.
[[nodiscard]] std::string second_migration();
// The inbox, and the views for reading.
[[nodiscard]] std::string door_migration();

// Blocks and shares of queued tasks.
[[nodiscard]] std::string third_migration();

// Keys of tasks.
[[nodiscard]] std::string fourth_migration();
// Rates and tenants.
[[nodiscard]] std::string fifth_migration();
// The table of configurations.
[[nodiscard]] std::string revisions_migration();
// What retention looks at.
[[nodiscard]] std::string retention_migration();
// Dependencies and batches.
[[nodiscard]] std::string batches_migration();
// Fingerprints of errors.
[[nodiscard]] std::string failures_migration();
// Pauses of kinds and labels, rates of keys.
[[nodiscard]] std::string pauses_migration();
// Schedules.
[[nodiscard]] std::string seventh_migration();

// The number of the last migration applied; 0 in an empty file.
[[nodiscard]] int present_schema(Connection& db);

// Applies what is missing.
void migrate(Connection& db, std::span<const Migration> wanted);

}  // namespace reeve::store::sqlite
