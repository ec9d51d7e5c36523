// A real HTTP server for tests, plain or with TLS, one connection after the other on a thread of its own. It answers with bytes, so that it can
// also answer what no server should.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <functional>
#include <utility>
#include <vector>

namespace reeve::executors::testing {

struct Seen {
  std::string method{};
  std::string target{};
  std::vector<std::pair<std::string, std::string>> headers{};   // names in lower case
  std::string body{};
  [[nodiscard]] std::string header(const std::string& name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

struct Certificate {
  std::string file{};
  std::string key_file{};
};

class HttpServer {
 public:
  // Nothing: it says nothing and waits until the client goes away.
  using Answer = std::function<std::optional<std::string>(const Seen& request)>;
  explicit HttpServer(Answer answer, const Certificate* certificate = nullptr);
  ~HttpServer();

  [[nodiscard]] int port() const;
  [[nodiscard]] std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port()) + path; }
  // All so far; after the client has its answer the request is in here.
  [[nodiscard]] std::vector<Seen> seen() const;
  // How many clients went away without an answer.
  [[nodiscard]] int abandoned() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// A whole answer with its length.
[[nodiscard]] std::string answer_of(int status, const std::string& headers = {}, const std::string& body = {});

}  // namespace reeve::executors::testing
