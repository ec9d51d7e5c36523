#include "cli/problem.hpp"

#include <boost/json/parse.hpp>
#include <utility>

#include "cli/exit_code.hpp"
#include "cli/fields.hpp"
#include "cli/text_safety.hpp"

namespace reeve::cli {
namespace {

Object object_or_none(std::string_view body) {
  boost::json::error_code error{};
  const boost::json::value value = boost::json::parse(boost::json::string_view(body.data(), body.size()), error);
  return error ? Object{} : as_object(value);
}

std::string first_of(const Object& object, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (std::string text = text_in(object, name); !text.empty()) return text;
  return {};
}

}  // namespace

std::string sentence_of_problem(int status, std::string_view body) {
  const Object problem = object_or_none(body);
  std::string sentence = first_of(problem, {"detail", "title"});
  if (sentence.empty()) sentence = "the daemon answered with status " + std::to_string(status);
  std::string place{};
  if (const auto item = integer_in(problem, "item")) place = "item " + std::to_string(*item) + ": ";
  const std::string field = text_in(problem, "field");
  if (!field.empty() && sentence.find(field) == std::string::npos) place += field + ": ";
  return safe_line(place + sentence);
}

Problem::Problem(int status, std::string body)
    : std::runtime_error(sentence_of_problem(status, body)), status_(status), body_(std::move(body)), code_(text_in(object_or_none(body_), "code")) {}

int Problem::exit_code() const {
  if (status_ == 404) return ExitCode::not_found;
  if (status_ == 400) return ExitCode::usage;
  return ExitCode::failed;
}

}  // namespace reeve::cli
