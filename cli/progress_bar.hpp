// The line that shows how far a task is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace reeve::cli {

struct BarState {
  double percent = 0;
  std::optional<double> current{};
  std::optional<double> total{};
  std::string label{};
};

// "[##########..........]  50% 20/40 encoding", at most `width` columns and never more than one line, whatever the label holds.
[[nodiscard]] std::string progress_line(const BarState& state, std::size_t width);

// A number without needless digits: "12", "0.5".
[[nodiscard]] std::string plain_number(double value);

}  // namespace reeve::cli
