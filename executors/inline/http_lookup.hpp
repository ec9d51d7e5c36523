// The addresses of a host, without ever holding up the loop or the attempt: a stop or a deadline ends the wait at once, though the system may go
// on asking (on Asio's own thread) and its answer is then thrown away.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "executors/inline/http_url.hpp"
#include "executors/outcome.hpp"
#include "executors/bell.hpp"

namespace reeve::executors::in_daemon {

using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

class Lookup {
 public:
  explicit Lookup(const boost::asio::any_io_executor& loop);
  ~Lookup();
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  // Not empty, or a failure "resolve" or "timeout". An address in the URL is answered without asking anybody.
  [[nodiscard]] boost::asio::awaitable<std::variant<Endpoints, Failed>> find(const Url& url, Bell::Moment deadline);
  void abort();

 private:
  struct Question;
  std::shared_ptr<Question> question_;   // shared with the resolver's answer, which may come after the attempt
};

}  // namespace reeve::executors::in_daemon
