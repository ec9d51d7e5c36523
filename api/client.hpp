// A blocking HTTP client for the daemon's Unix socket: for the CLI, tests and benchmarks. One thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reeve::api {

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers{};  // names in lower case
  std::string body{};
};

// The daemon does not answer: nobody listens, permission denied, or the connection broke.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// There is no daemon at all: nothing was sent.
class NobodyListens : public Unreachable {
 public:
  using Unreachable::Unreachable;
};

// One message of a live stream.
struct StreamMessage {
  std::string id{};
  std::string event{};
  std::string data{};
};

class Client {
 public:
  explicit Client(std::string socket_path);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Keeps the connection for the next call. `timeout` zero: waits for ever. Throws Unreachable. A request is never sent twice unless it is
  // a GET whose kept connection turned out to be closed.
  Response request(std::string_view method, std::string_view target, std::string_view body = {},
                   const std::map<std::string, std::string>& headers = {}, std::chrono::milliseconds timeout = std::chrono::seconds{30});

  // Follows a live stream until `take` returns false or the server ends it. Returns the response head (body filled when it is an error).
  // Throws Unreachable when the connection breaks.
  Response stream(std::string_view target, const std::function<bool(const StreamMessage&)>& take,
                  const std::map<std::string, std::string>& headers = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reeve::api
