#include "api/client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include "api/stream/sse.hpp"
#include "api/unix_socket.hpp"
#include "supervisor/clock.hpp"

namespace reeve::api {

namespace http = boost::beast::http;
namespace asio = boost::asio;
using std::chrono::milliseconds;
using supervisor::Moment;

namespace {

constexpr std::uint32_t answer_header_bytes_max = 64 << 10;
constexpr std::size_t read_bytes = 64 << 10;

// The connection broke before a byte of an answer came.
struct Broken {
  std::string reason{};
};

}  // namespace

class Client::Impl {
 public:
  explicit Impl(std::string path) : path_(std::move(path)) {}

  Response request(std::string_view method, std::string_view target, std::string_view body,
                   const std::map<std::string, std::string>& headers, milliseconds timeout) {
    const std::string text = head_of(method, target, body, headers, "*/*");
    deadline_ = timeout == milliseconds::zero() ? std::nullopt : std::optional(clock_.moment() + timeout);
    const bool reused = connect();
    try {
      return exchange(method, text, body);
    } catch (const Broken& broken) {
      disconnect();
      if (!reused || method != "GET") fail("the connection to " + path_ + " broke: " + broken.reason + "; ask `reeve status` whether the daemon runs");
    }
    connect();
    try {
      return exchange(method, text, body);
    } catch (const Broken& broken) {
      disconnect();
      fail("the connection to " + path_ + " broke: " + broken.reason + "; ask `reeve status` whether the daemon runs");
    }
  }

  Response stream(std::string_view target, const std::function<bool(const StreamMessage&)>& take,
                  const std::map<std::string, std::string>& headers) {
    disconnect();
    deadline_.reset();
    connect();
    try {
      Response response = follow(head_of("GET", target, {}, headers, "text/event-stream"), take);
      disconnect();
      return response;
    } catch (const Broken& broken) {
      disconnect();
      fail("the live stream from " + path_ + " broke: " + broken.reason + "; resume with the last id");
    } catch (...) {
      disconnect();
      throw;
    }
  }

 private:
  using Parser = http::response_parser<http::string_body>;

  [[noreturn]] static void fail(const std::string& message) { throw Unreachable(message); }

  static std::string head_of(std::string_view method, std::string_view target, std::string_view body,
                             const std::map<std::string, std::string>& headers, std::string_view accept) {
    std::string head;
    ((((head += method) += ' ') += target) += " HTTP/1.1\r\nHost: reeve\r\nAccept: ") += accept;
    head += "\r\n";
    bool typed = false;
    for (const auto& [name, value] : headers) {
      (((head += name) += ": ") += value) += "\r\n";
      typed = typed || lower(name) == "content-type";
    }
    if (!body.empty() && !typed) head += "Content-Type: application/json\r\n";
    if (!body.empty() || method == "POST") head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return head += "\r\n";
  }

  void disconnect() { socket_.reset(); }

  // True: a kept connection is used again.
  bool connect() {
    if (socket_) return true;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof(address.sun_path)) fail("the path " + path_ + " is too long for a socket");
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) fail("no socket for " + path_ + ": " + std::generic_category().message(errno));
    int result = 0;
    do result = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    while (result != 0 && errno == EINTR);
    if (result != 0) fail(why_not_connected(errno));
    socket_ = std::move(socket);
    return false;
  }

  std::string why_not_connected(int error) const {
    if (error == ENOENT || error == ECONNREFUSED)
      return "nobody listens on " + path_ + ": start the daemon with `reeve serve`, or name its socket with --socket";
    if (error == EACCES || error == EPERM)
      return "you may not use " + path_ + ": join the group of the socket (api.socket_group), or ask as the daemon's user";
    return "cannot connect to " + path_ + ": " + std::generic_category().message(error);
  }

  // Throws Unreachable when the time is up.
  void await(short what) {
    while (true) {
      int left = -1;
      if (deadline_) left = static_cast<int>(std::max(std::chrono::ceil<milliseconds>(*deadline_ - clock_.moment()), milliseconds{0}).count());
      pollfd look{socket_.get(), what, 0};
      const int ready = ::poll(&look, 1, left);
      if (ready > 0) return;
      if (ready == 0) {
        disconnect();
        fail("the daemon on " + path_ + " did not answer in time; ask `reeve status` whether it is well");
      }
      if (errno != EINTR) throw Broken{std::generic_category().message(errno)};
    }
  }

  // False: the daemon takes no more; it may have answered already.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      await(POLLOUT);
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // Empty: the end.
  std::string receive() {
    std::string bytes(read_bytes, '\0');
    while (true) {
      await(POLLIN);
      const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got < 0) throw Broken{std::generic_category().message(errno)};
      bytes.resize(static_cast<std::size_t>(got));
      return bytes;
    }
  }

  Response exchange(std::string_view method, const std::string& head, std::string_view body) {
    (void)(send(head) && send(body));               // what was refused half-way has an answer to read
    Parser parser;
    prepare(parser, method);
    std::string rest;
    while (!parser.is_done()) take_more(parser, rest);
    Response response = head_from(parser);
    response.body = std::move(parser.get().body());
    if (!parser.get().keep_alive()) disconnect();
    return response;
  }

  static void prepare(Parser& parser, std::string_view method) {
    parser.header_limit(answer_header_bytes_max);
    parser.body_limit(boost::none);
    parser.eager(true);
    parser.skip(method == "HEAD");
  }

  void take_more(Parser& parser, std::string& rest) {
    const std::string bytes = receive();
    boost::system::error_code error;
    if (bytes.empty()) {
      if (!parser.got_some()) throw Broken{"the daemon closed it"};
      parser.put_eof(error);
      if (error) throw Broken{"the daemon closed it in the middle of an answer"};
      return;
    }
    rest += bytes;
    while (!rest.empty() && !parser.is_done()) {
      const std::size_t used = parser.put(asio::buffer(rest), error);
      rest.erase(0, used);
      if (error == http::error::need_more) return;
      if (error) throw Broken{"what came is not HTTP (" + error.message() + ")"};
      if (used == 0) return;
    }
  }

  static Response head_from(Parser& parser) {
    Response response;
    response.status = static_cast<int>(parser.get().result_int());
    for (const auto& field : parser.get())
      response.headers[lower(std::string_view(field.name_string().data(), field.name_string().size()))] =
          std::string(field.value().data(), field.value().size());
    return response;
  }

  Response follow(const std::string& head, const std::function<bool(const StreamMessage&)>& take) {
    (void)send(head);
    Parser parser;
    prepare(parser, "GET");
    SseReader messages;
    std::string rest;
    bool wanted = true;
    while (wanted && !parser.is_done()) {
      take_more(parser, rest);
      if (!parser.is_header_done() || parser.get().result_int() != 200) continue;
      const std::string text = std::move(parser.get().body());
      parser.get().body().clear();
      wanted = messages.feed(text, take);
    }
    Response response = head_from(parser);
    if (response.status != 200) response.body = std::move(parser.get().body());
    return response;
  }

  std::string path_;
  Descriptor socket_{};
  supervisor::SystemClock clock_{};
  std::optional<Moment> deadline_{};
};

Client::Client(std::string socket_path) : impl_(std::make_unique<Impl>(std::move(socket_path))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Response Client::request(std::string_view method, std::string_view target, std::string_view body,
                         const std::map<std::string, std::string>& headers, milliseconds timeout) {
  return impl_->request(method, target, body, headers, timeout);
}

Response Client::stream(std::string_view target, const std::function<bool(const StreamMessage&)>& take,
                        const std::map<std::string, std::string>& headers) {
  return impl_->stream(target, take, headers);
}

}  // namespace reeve::api
