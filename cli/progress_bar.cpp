#include "cli/progress_bar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "cli/text_safety.hpp"

namespace reeve::cli {
namespace {

constexpr std::size_t bar_width = 24;

double bounded(double percent) { return std::isfinite(percent) ? std::clamp(percent, 0.0, 100.0) : 0.0; }

std::string bar(double percent) {
  const auto full = static_cast<std::size_t>(percent / 100.0 * bar_width);
  return "[" + std::string(full, '#') + std::string(bar_width - full, '.') + "]";
}

}  // namespace

std::string plain_number(double value) {
  std::array<char, 40> text{};
  if (std::abs(value) < 1e15 && value == std::floor(value)) std::snprintf(text.data(), text.size(), "%.0f", value);
  else std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

std::string progress_line(const BarState& state, std::size_t width) {
  const double percent = bounded(state.percent);
  std::array<char, 16> share{};
  std::snprintf(share.data(), share.size(), " %3.0f%%", std::floor(percent));
  std::string line = bar(percent) + share.data();
  if (state.current) line += " " + plain_number(*state.current);
  if (state.current && state.total) line += "/" + plain_number(*state.total);
  if (!state.label.empty()) line += " " + one_line(state.label);
  return cut_to(line, width);
}

}  // namespace reeve::cli
