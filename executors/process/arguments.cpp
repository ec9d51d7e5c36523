#include "executors/process/arguments.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <optional>

namespace reeve::executors::process {
namespace {

namespace json = boost::json;

constexpr std::string_view opening = "{payload.";

Rejected rejected(std::string message) { return {"arguments", std::move(message), {}}; }

const json::value* find_field(const json::value& payload, std::string_view path) {
  const json::value* at = &payload;
  while (at != nullptr && !path.empty()) {
    const auto dot = path.find('.');
    const auto* object = at->if_object();
    at = object == nullptr ? nullptr : object->if_contains(path.substr(0, dot));
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return at;
}

std::string number_text(double value) {   // 30.5, not 3.05E1
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

std::optional<std::string> as_argument(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_uint64()) return std::to_string(value.get_uint64());
  if (value.is_double()) return number_text(value.get_double());
  return std::nullopt;
}

std::variant<std::string, Rejected> fill(std::string_view argument, const json::value& payload) {
  std::string filled;
  while (true) {
    const auto start = argument.find(opening);
    const auto end = start == std::string_view::npos ? start : argument.find('}', start);
    if (end == std::string_view::npos) return filled.append(argument);
    const auto field = argument.substr(start + opening.size(), end - start - opening.size());
    const auto placeholder = std::string(argument.substr(start, end - start + 1));
    const auto* value = find_field(payload, field);
    if (value == nullptr) return rejected("the payload has no field for " + placeholder + " of the handler's command");
    const auto text = as_argument(*value);
    if (!text) return rejected(placeholder + " of the handler's command is no string, number or boolean in the payload");
    if (text->find('\0') != std::string::npos) return rejected(placeholder + " holds a NUL byte, which no argument can carry");
    filled.append(argument.substr(0, start)).append(*text);
    argument.remove_prefix(end + 1);
  }
}

bool has_placeholder(std::string_view argument) { return argument.find(opening) != std::string_view::npos; }

}  // namespace

std::variant<std::vector<std::string>, Rejected> arguments_of(const std::vector<std::string>& command, std::string_view payload) {
  if (command.empty() || command.front().empty()) return rejected("the handler has no command");
  if (has_placeholder(command.front())) return rejected("the program may not come from the payload: " + command.front());
  std::vector<std::string> arguments;
  arguments.reserve(command.size());
  std::optional<json::value> parsed;
  for (const auto& argument : command) {
    if (!has_placeholder(argument)) {
      arguments.push_back(argument);
      continue;
    }
    boost::system::error_code error;
    if (!parsed) parsed = json::parse(payload, error);
    if (error) return rejected("the payload is no JSON: " + error.message());
    auto filled = fill(argument, *parsed);
    if (auto* problem = std::get_if<Rejected>(&filled)) return std::move(*problem);
    arguments.push_back(std::get<std::string>(std::move(filled)));
  }
  return arguments;
}

}  // namespace reeve::executors::process
