// A request and its reply as plain values: what the routes see of HTTP.
//
// Nothing here knows Beast or a socket; session.cpp fills a Request in and writes a Reply out.
#pragma once

#include <sys/types.h>

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reeve::api {

// ASCII letters in lower case; all else stays as it is.
[[nodiscard]] std::string lower(std::string_view text);

enum class Method { get, head, post, put, delete_, other };
[[nodiscard]] Method parse_method(std::string_view word);
[[nodiscard]] std::string_view name(Method method);

// Who is on the other end of the socket, as the kernel told it when the connection was made.
struct Peer {
  uid_t uid = static_cast<uid_t>(-1);
  gid_t gid = static_cast<gid_t>(-1);
  pid_t pid = 0;
};

// The connection a request came over, for those who let it wait. Lives as long as the request.
class Connection {
 public:
  virtual ~Connection() = default;
  [[nodiscard]] virtual bool gone() const = 0;   // the client has closed it
};

using Query = std::vector<std::pair<std::string, std::string>>;   // decoded, in the order given

// The part of a request target before and after the '?'.
struct Target {
  std::vector<std::string> segments{};           // decoded one by one, so that %2F stays inside its segment
  Query query{};
};
// Nullopt: not an absolute path, a broken percent-encoding, or a NUL byte.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

struct Request {
  Method method = Method::get;
  std::string path{};                            // as sent, without the query; for messages
  std::vector<std::string> segments{};
  std::vector<std::string> arguments{};          // what the placeholders of the matched pattern stand for
  Query query{};
  std::string content_type{};
  std::string content_encoding{};
  std::string idempotency_key{};
  std::string last_event_id{};
  std::string bearer{};                          // of "Authorization: Bearer ..."; empty: none
  std::string body{};
  Peer peer{};
  const Connection* connection = nullptr;        // absent in tests of routes

  [[nodiscard]] std::string actor() const;       // "uid:1000"
  [[nodiscard]] bool gone() const { return connection != nullptr && connection->gone(); }
};

// Where a live stream writes. write() returns when the bytes are with the kernel; false: the client is gone or too slow, end now.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual boost::asio::awaitable<bool> write(std::string bytes) = 0;
  [[nodiscard]] virtual bool gone() const = 0;
};

// The body of a reply that goes on until something ends it.
class LiveStream {
 public:
  virtual ~LiveStream() = default;
  virtual boost::asio::awaitable<void> run(Outlet& outlet) = 0;
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::unique_ptr<LiveStream> stream{};          // in place of `body`
};

[[nodiscard]] Reply json_reply(std::string body, int status = 200);

}  // namespace reeve::api
