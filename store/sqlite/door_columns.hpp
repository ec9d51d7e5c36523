// The columns of reeve_inbox and reeve_outbox: the one list from which both tables are made and read.
//
// A further column is a further line with the next edition, and a migration that adds it to reeve_inbox (added_in); outboxes get it from
// `reeve outbox init`, and those that lack it are read without.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/door.hpp"
#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

// How a value becomes a member of a task in JSON.
enum class DoorValue { text, number, flag, json, moment };

struct DoorColumn {
  std::string_view name;          // also of the member
  DoorValue value;
  std::string_view definition;    // behind the name
  int edition;
};

inline constexpr int newest_door_edition = 1;
[[nodiscard]] std::span<const DoorColumn> door_columns();

// "id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT ..., ...": both tables as they were made first.
[[nodiscard]] std::string door_table(std::string_view first_columns, int edition);

// What is read of one row: `SELECT ... FROM table WHERE id = ?`. `present` names the columns that the table has; all when empty.
[[nodiscard]] std::string select_door_row(std::string_view table, std::string_view first_columns, const std::set<std::string, std::less<>>& present);

// The columns behind id and what else came first: written_at, kind, payload, and those of the list.
void read_door_row(Row& row, const std::set<std::string, std::less<>>& present, DoorRow& into);

// While it lives, no value above what the tables allow is read into memory: reading such a row fails, and nothing else.
class ValueLimit {
 public:
  explicit ValueLimit(Connection& db);
  ~ValueLimit();
  ValueLimit(const ValueLimit&) = delete;
  ValueLimit& operator=(const ValueLimit&) = delete;

 private:
  Connection& db_;
  int before_;
};

}  // namespace reeve::store::sqlite
