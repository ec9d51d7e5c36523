// The daemon understood and refused: an RFC 9457 problem, as an exception and as a sentence.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace reeve::cli {

class Problem : public std::runtime_error {
 public:
  // `body` is problem+json; anything else still makes a sentence.
  Problem(int status, std::string body);

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] const std::string& code() const { return code_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  [[nodiscard]] int exit_code() const;

 private:
  int status_;
  std::string body_;
  std::string code_;
};

// "no task 17; see reeve list", "tasks[3].priority: 12 is not a priority; ..."
[[nodiscard]] std::string sentence_of_problem(int status, std::string_view body);

}  // namespace reeve::cli
