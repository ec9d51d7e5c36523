// The tables, as numbered steps from an empty file to the newest schema.
//
// A step is applied in one transaction together with its number, so that it happened wholly or not at all. Steps are never changed once
// released; a change is a new step.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

struct Step {
  int number = 0;
  std::string sql{};
};

inline constexpr std::int32_t application_id = 0x52455645;  // "REVE"

[[nodiscard]] std::span<const Step> steps();
[[nodiscard]] int newest_schema();

// The number of the last step applied; 0 in an empty file.
[[nodiscard]] int present_schema(Connection& db);

// Applies what is missing.
void migrate(Connection& db, std::span<const Step> wanted);

}  // namespace reeve::store::sqlite
