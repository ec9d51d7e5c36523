// A table: aligned and cut to the width of a terminal for people, tab-separated without a heading for programs.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/tone.hpp"

namespace reeve::cli {

struct Column {
  std::string title{};
  bool to_the_right = false;  // numbers
  bool gives_way = false;     // is cut first when the terminal is too narrow
};

struct Cell {
  std::string text{};
  Tone tone = Tone::plain;
  std::optional<std::string> exact{};  // what programs get in place of `text`: a full time in place of "3m ago"
};

// Where the table goes.
struct Paper {
  bool terminal = false;
  std::size_t width = 80;
  bool colour = false;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // Cells that are missing at the end are empty; texts are made safe when printed.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  void print(std::ostream& out, const Paper& paper) const;

 private:
  void print_for_programs(std::ostream& out) const;
  void print_for_people(std::ostream& out, const Paper& paper) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_{};
};

}  // namespace reeve::cli
