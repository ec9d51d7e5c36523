// A request that cannot be granted: thrown by whatever finds out, turned into an RFC 9457 answer in one place (answer.cpp).
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "api/http.hpp"

namespace reeve::api {

struct Problem : std::exception {
  int status = 500;
  std::string code{};                     // stable word: "task_not_found"
  std::string detail{};                   // a sentence: the thing, the value, the next step
  std::string field{};                    // "retry.base"; empty when no field is at fault
  std::optional<std::size_t> item{};      // of a bulk request
  std::optional<std::int64_t> task{};     // the one that stands in the way
  std::optional<int> retry_after_s{};
  std::string allow{};                    // 405: the methods there are

  Problem(int http_status, std::string stable_code, std::string sentence, std::string at_field = {})
      : status(http_status), code(std::move(stable_code)), detail(std::move(sentence)), field(std::move(at_field)) {}
  [[nodiscard]] const char* what() const noexcept override { return detail.c_str(); }
};

// A 422 about one field.
[[nodiscard]] Problem not_acceptable(std::string field, std::string sentence);
// "Not Found"; for titles and status lines.
[[nodiscard]] std::string_view title_of(int status);
[[nodiscard]] Reply to_reply(const Problem& problem);

}  // namespace reeve::api
