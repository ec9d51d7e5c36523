#include "cli/table.hpp"

#include <algorithm>
#include <ostream>

#include "cli/text_safety.hpp"

namespace reeve::cli {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_width = 6;

using Widths = std::vector<std::size_t>;

std::size_t total(const Widths& widths) {
  std::size_t sum = widths.empty() ? 0 : gap * (widths.size() - 1);
  for (const std::size_t width : widths) sum += width;
  return sum;
}

Widths natural_widths(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows) {
  Widths widths{};
  for (const Column& column : columns) widths.push_back(columns_of(column.title));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) widths[i] = std::max(widths[i], columns_of(one_line(row[i].text)));
  return widths;
}

// Takes what is too much from the columns that give way, the widest first; what is still too much is left to the terminal.
void fit(Widths& widths, const std::vector<Column>& columns, std::size_t width) {
  while (total(widths) > width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (columns[i].gives_way && widths[i] > least_width && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    if (widest == widths.size()) return;
    --widths[widest];
  }
}

std::string padded(std::string text, std::size_t width, bool to_the_right, bool last) {
  const std::size_t columns = columns_of(text);
  const std::string space(columns < width ? width - columns : 0, ' ');
  if (to_the_right) return space + text;
  return last ? text : text + space;
}

void print_row(std::ostream& out, const std::vector<Cell>& row, const std::vector<Column>& columns, const Widths& widths, bool colour) {
  std::string line{};
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Cell cell = i < row.size() ? row[i] : Cell{};
    const std::string text = padded(cut_to(one_line(cell.text), widths[i]), widths[i], columns[i].to_the_right, i + 1 == columns.size());
    if (i > 0) line += std::string(gap, ' ');
    line += toned(text, cell.tone, colour);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

}  // namespace

void Table::print(std::ostream& out, const Paper& paper) const {
  if (paper.terminal) print_for_people(out, paper);
  else print_for_programs(out);
}

void Table::print_for_programs(std::ostream& out) const {
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out << '\t';
      if (i < row.size()) out << one_line(row[i].exact.value_or(row[i].text));
    }
    out << '\n';
  }
}

void Table::print_for_people(std::ostream& out, const Paper& paper) const {
  Widths widths = natural_widths(columns_, rows_);
  fit(widths, columns_, paper.width);
  std::vector<Cell> heading{};
  for (const Column& column : columns_) heading.push_back({column.title, Tone::faint, {}});
  print_row(out, heading, columns_, widths, paper.colour);
  for (const auto& row : rows_) print_row(out, row, columns_, widths, paper.colour);
}

}  // namespace reeve::cli
