// The CLI's line to the daemon: requests that either give an answer or throw.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "api/client.hpp"
#include "cli/fields.hpp"

namespace reeve::cli {

struct Answer {
  int status = 200;
  std::string body{};
  [[nodiscard]] Object object() const { return parse_object(body); }
};

using Headers = std::map<std::string, std::string>;

// Every call throws api::Unreachable when nobody answers and Problem when the daemon refuses.
class Connection {
 public:
  explicit Connection(std::string socket);

  [[nodiscard]] const std::string& socket() const { return socket_; }

  Answer get(std::string_view target, std::chrono::milliseconds timeout = std::chrono::seconds{30});
  Answer post(std::string_view target, std::string_view body = "{}", const Headers& headers = {},
              std::chrono::milliseconds timeout = std::chrono::seconds{30});
  Answer put(std::string_view target, std::string_view body);
  Answer remove(std::string_view target);
  // Follows a live stream until `take` returns false or the daemon ends it.
  void follow(std::string_view target, const std::function<bool(const api::StreamMessage&)>& take, const std::string& last_event_id = {});

 private:
  std::string socket_;
  api::Client client_;
};

}  // namespace reeve::cli
