// Which tables an export holds, and how their rows are written and read. The tables are those of the schema: a later migration's are in it by
// themselves. What can be made from the others is left out: counts, labels for looking up, and the store's own notes.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite/connection.hpp"

namespace reeve::store::sqlite {

struct ExportTable {
  enum class Holds { integer, real, text, bytes };
  struct Column {
    std::string name{};
    std::string member{};          // what it is called in a line: its name, but that `row` is taken
    Holds holds = Holds::text;
  };
  std::string type{};              // "task"; the table is reeve_task
  std::vector<Column> columns{};
  std::vector<std::string> key{};  // columns of the primary key: the order of the rows

  [[nodiscard]] std::string table() const { return "reeve_" + type; }
};

// Rows that others refer to come first.
[[nodiscard]] std::vector<ExportTable> export_tables(Connection& db);

inline constexpr int export_version = 1;

}  // namespace reeve::store::sqlite
