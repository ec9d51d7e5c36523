// One request and its answer, over TCP or TLS. All of Beast and nearly all of OpenSSL is behind this header.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "executors/inline/http_lookup.hpp"
#include "executors/inline/http_request.hpp"
#include "executors/outcome.hpp"
#include "executors/bell.hpp"

namespace reeve::executors::in_daemon {

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers{};   // names in lower case
  std::string body{};                                           // at most 1 MiB
  bool truncated = false;                                       // there was more
};

// The hand that ends a request from outside. Loop only.
class Abort {
 public:
  void now() {
    asked_ = true;
    if (end_) end_();
  }
  [[nodiscard]] bool asked() const { return asked_; }
  // What ends the step that is under way; called at once when an end was asked for before.
  void call(std::function<void()> end) {
    end_ = std::move(end);
    if (asked_ && end_) end_();
  }

 private:
  bool asked_ = false;
  std::function<void()> end_{};
};

class HttpClient {
 public:
  explicit HttpClient(boost::asio::any_io_executor loop);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // A connection of its own, gone when this returns. Any status is an answer; failures are
  //   resolve, connect   nobody was reached          tls        the server could not be verified, or speaks no TLS
  //   disconnect         the connection was lost     protocol   what came back is no HTTP, or too much of it
  //   timeout            the deadline passed
  // After an abort it returns at once, with whatever failure that made. The references must outlive it.
  [[nodiscard]] boost::asio::awaitable<std::variant<HttpResponse, Failed>> ask(const HttpRequest& request, Bell::Moment deadline, Abort& abort);

 private:
  class Tls;
  using Answer = std::variant<HttpResponse, Failed>;
  boost::asio::awaitable<Answer> ask_privately(const HttpRequest& request, const Endpoints& endpoints, Bell::Moment deadline, Abort& abort);
  boost::asio::awaitable<Answer> ask_openly(const HttpRequest& request, const Endpoints& endpoints, Bell::Moment deadline, Abort& abort);

  boost::asio::any_io_executor loop_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace reeve::executors::in_daemon
