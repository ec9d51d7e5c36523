#include "executors/process/log_line.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cctype>
#include <optional>

namespace reeve::executors::process {
namespace {

namespace json = boost::json;

std::optional<std::string> level_of_name(std::string_view given) {
  std::string word(given.substr(0, 12));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  if (word == "trace" || word == "debug") return "debug";
  if (word == "info" || word == "notice" || word == "information") return "info";
  if (word == "warn" || word == "warning") return "warn";
  if (word == "error" || word == "err" || word == "fatal" || word == "critical" || word == "panic") return "error";
  return std::nullopt;
}

std::optional<std::string> level_of(const json::value& value) {
  if (const auto* word = value.if_string()) return level_of_name(*word);
  if (!value.is_number()) return std::nullopt;
  const auto number = value.to_number<double>();
  if (number < 10 || number > 60) return std::nullopt;
  return number < 30 ? "debug" : number < 40 ? "info" : number < 50 ? "warn" : "error";
}

std::optional<OutputLine> structured(Stream stream, const std::string& bytes) {
  if (bytes.size() < 2 || bytes.front() != '{' || bytes.back() != '}') return std::nullopt;
  boost::system::error_code error;
  const auto value = json::parse(bytes, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return std::nullopt;
  const auto* level = object->if_contains("level");
  const auto* text = object->if_contains("msg");
  if (text == nullptr) text = object->if_contains("message");
  if (level == nullptr || text == nullptr || !text->is_string()) return std::nullopt;
  const auto word = level_of(*level);
  if (!word) return std::nullopt;
  return OutputLine{stream, *word, std::string(text->get_string()), bytes};
}

}  // namespace

OutputLine log_line(Stream stream, std::string bytes) {
  if (auto line = structured(stream, bytes)) return std::move(*line);
  return {stream, stream == Stream::stderr_ ? "warn" : "info", std::move(bytes), {}};
}

}  // namespace reeve::executors::process
