// What the built-in `http` is asked to send, read from the payload and the declaration. Pure.
//
//   {"url": "https://host/path", "method": "PUT", "headers": {"x-a": "b"}, "body": ..., "expect": [200, 404], "timeout": "10s", "follow": 3}
//
//   method    GET, or POST when there is a body
//   body      a text is sent as it is, any other JSON value as its bytes with content-type application/json; null: none
//   expect    statuses that are a success: a number, "2xx", "200-204", or a list of these; 2xx
//   timeout   of the whole, redirects included: milliseconds, or a text such as "500ms", "30s", "2m"; 30 s, at most an hour
//   follow    how many redirects are followed, 0 to 10; 0, as an answer to a webhook should not send it elsewhere
//
// The declaration (with:) gives members that the payload does not; headers are merged. When it gives the url, its headers go to that origin
// only: whoever may enqueue cannot have a declared secret sent somewhere else.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "executors/execution.hpp"
#include "executors/inline/http_url.hpp"
#include "executors/outcome.hpp"

namespace reeve::executors::in_daemon {

class HttpHeaders {
 public:
  // Names are equal whatever their case; the last value counts.
  void set(std::string name, std::string value);
  void set_default(std::string name, std::string value);
  void erase(std::string_view name);
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_{};
};

struct StatusRange { int low = 200; int high = 299; };

struct HttpRequest {
  std::string method{};
  Url url{};
  HttpHeaders headers{};
  std::optional<std::string> body{};
  std::vector<StatusRange> expect{StatusRange{}};
  std::chrono::milliseconds timeout{30'000};
  int follow = 0;

  [[nodiscard]] bool expects(int status) const;
};

// Rejected with the code "payload" and what to write instead.
[[nodiscard]] std::variant<HttpRequest, Rejected> read_http_request(const Execution& execution);

}  // namespace reeve::executors::in_daemon
