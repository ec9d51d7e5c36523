#include "cli/step_output.hpp"

#include <boost/json/parse.hpp>

#include "cli/json_object.hpp"

namespace reeve::cli {

std::string step_output_of(std::string_view printed) {
  const std::size_t begin = printed.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || printed[begin] == '"' || !fault_in_json(printed).empty()) return quoted(printed);
  return std::string(printed.substr(begin, printed.find_last_not_of(" \t\r\n") - begin + 1));
}

std::string printed_of(std::string_view output) {
  if (output.starts_with('"')) return std::string(boost::json::parse(output).as_string());
  return std::string(output) + "\n";
}

}  // namespace reeve::cli
