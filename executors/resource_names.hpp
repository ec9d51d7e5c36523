// How a body is told which units of a resource it may use: REEVE_RESOURCE_GPU=0,1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reeve::executors {

[[nodiscard]] inline std::string resource_variable(std::string_view name) {
  std::string variable = "REEVE_RESOURCE_";
  for (const char c : name) variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return variable;
}

[[nodiscard]] inline std::string resource_value(const std::vector<std::string>& units) {
  std::string value;
  for (const std::string& unit : units) value += (value.empty() ? "" : ",") + unit;
  return value;
}

}  // namespace reeve::executors
