#include "cli/json_object.hpp"

#include <boost/json/serialize.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/string.hpp>

#include "executors/utf8.hpp"
#include "cli/selector.hpp"
#include "cli/text_safety.hpp"

namespace reeve::cli {

std::string quoted(std::string_view text) {
  if (!executors::is_utf8(text)) throw UsageError("\"" + one_line(text) + "\" is not UTF-8, so it cannot be sent; write it in UTF-8, or put it into a file");
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

JsonObject& JsonObject::add(std::string_view name, const std::vector<std::string>& texts) {
  std::string array{};
  for (const std::string& text : texts) array += (array.empty() ? "" : ",") + cli::quoted(text);
  return add_raw(name, "[" + array + "]");
}

JsonObject& JsonObject::add_raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += cli::quoted(name);
  members_ += ':';
  members_ += json;
  return *this;
}

std::string fault_in_json(std::string_view text) {
  boost::json::parse_options options{};
  options.max_depth = 256;  // the daemon has the last word on depth
  boost::json::stream_parser parser({}, options);
  boost::json::error_code error{};
  const std::size_t used = parser.write(text.data(), text.size(), error);
  if (error) return error.message() + " at byte " + std::to_string(used);
  parser.finish(error);
  if (!error) return {};
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos ? "there is nothing" : "it ends too early";
}

}  // namespace reeve::cli
