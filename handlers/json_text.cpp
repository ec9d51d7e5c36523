#include "handlers/json_text.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <vector>

namespace reeve::handlers {

namespace {

namespace json = boost::json;

// Listens to the parser and remembers nothing but the keys of the objects that are open.
struct KeyListener {
  constexpr static std::size_t max_object_size = std::size_t(-1);
  constexpr static std::size_t max_array_size = std::size_t(-1);
  constexpr static std::size_t max_key_size = std::size_t(-1);
  constexpr static std::size_t max_string_size = std::size_t(-1);

  std::vector<std::set<std::string>> open{};
  std::string key{};
  std::string duplicate{};

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) { open.emplace_back(); return true; }
  bool on_object_end(std::size_t, json::error_code&) { open.pop_back(); return true; }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { key.append(part.data(), part.size()); return true; }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key.append(part.data(), part.size());
    const bool fresh = open.back().insert(key).second;
    if (!fresh) {
      duplicate = key;
      error = json::error::exception;  // any error stops the parser; what went wrong is in `duplicate`
    }
    key.clear();
    return fresh;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

std::string shortened(const std::string& text) { return text.size() <= 64 ? text : text.substr(0, 64) + "..."; }

}  // namespace

std::string fault_in_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  json::basic_parser<KeyListener> parser{options};
  json::error_code error;
  std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (!parser.handler().duplicate.empty() || error == json::error::exception)
    return "the key \"" + shortened(parser.handler().duplicate) + "\" occurs twice in one object";
  if (error) return error.message() + " at byte " + std::to_string(used);
  const bool only_space_left = text.find_first_not_of(" \t\r\n", used) == std::string_view::npos;
  if (!only_space_left) return "there is more after the value, at byte " + std::to_string(used);
  return {};
}

}  // namespace reeve::handlers
