#include "api/session.hpp"

#include <sys/socket.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "api/awaiting.hpp"
#include "api/problem.hpp"
#include "supervisor/log.hpp"

namespace reeve::api {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Socket = asio::generic::stream_protocol::socket;
using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using std::chrono::seconds;

namespace {

constexpr seconds header_timeout{10};
constexpr seconds reserve_timeout{1};
constexpr seconds idle_timeout{60};
constexpr seconds body_timeout{30};
constexpr seconds write_timeout{30};
constexpr seconds linger_timeout{1};
constexpr std::size_t request_header_bytes_max = 16 << 10;
constexpr std::size_t buffer_bytes_max = 128 << 10;
constexpr std::size_t first_read = 8 << 10;

using Parser = http::request_parser<http::string_body>;

std::string text_of(const http::fields& fields, http::field field) {
  const auto value = fields[field];
  return std::string(value.data(), value.size());
}

std::string bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "Bearer ";
  return std::string(authorization.starts_with(scheme) ? authorization.substr(scheme.size()) : std::string_view());
}

// Throws Problem when the target makes no sense.
Request to_request(Parser& parser, const Peer& peer, const Connection& connection) {
  auto& message = parser.get();
  const std::string_view target(message.target().data(), message.target().size());
  auto parsed = parse_target(target);
  if (!parsed) throw Problem(400, "invalid_target", "the address of the request is not a path with proper percent-encoding");
  Request request;
  request.method = parse_method(std::string_view(message.method_string().data(), message.method_string().size()));
  request.path = std::string(target.substr(0, target.find('?')));
  request.segments = std::move(parsed->segments);
  request.query = std::move(parsed->query);
  request.content_type = text_of(message, http::field::content_type);
  request.content_encoding = text_of(message, http::field::content_encoding);
  const auto key = message["Idempotency-Key"];
  request.idempotency_key.assign(key.data(), key.size());
  const auto last = message["Last-Event-ID"];
  request.last_event_id.assign(last.data(), last.size());
  request.bearer = bearer_of(text_of(message, http::field::authorization));
  request.body = std::move(message.body());
  request.peer = peer;
  request.connection = &connection;
  return request;
}

Problem from_parser(const beast::error_code& error, std::int64_t body_max) {
  if (error == http::error::body_limit)
    return Problem(413, "body_too_large", "the body has more than " + std::to_string(body_max) + " bytes; send less at once (api.body_bytes_max)");
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return Problem(431, "header_too_large", "the header has more than " + std::to_string(request_header_bytes_max) + " bytes");
  return Problem(400, "invalid_http", "that is not HTTP/1.1: " + error.message());
}

// A request that may hold its connection for long.
bool may_take_long(const Request& request) {
  const std::string& last = request.segments.back();
  if (last == "wait" || last == "stream") return true;
  for (const auto& [name, value] : request.query)
    if (name == "wait") return true;
  return false;
}

Problem house_full() {
  Problem problem(503, "too_many_connections", "all connections are taken (api.connections_max); only short requests are answered now");
  problem.retry_after_s = 1;
  return problem;
}

bool is_of_parser(const beast::error_code& error) {
  return error.category() == http::make_error_code(http::error::end_of_stream).category() && error != http::error::end_of_stream &&
         error != http::error::partial_message;
}

template <class Body>
void put_head(http::response<Body>& head, const Reply& reply, bool keep_alive) {
  head.set(http::field::content_type, reply.content_type);
  for (const auto& [name, value] : reply.headers) head.set(name, value);
  head.keep_alive(keep_alive);
}

}  // namespace

class Session::Impl final : public Connection, public Outlet {
 public:
  Impl(Service& service, Descriptor socket, Admission admission)
      : service_(service), admission_(admission), peer_(peer_of(socket.get())), stream_(open(service, std::move(socket))),
        idle_since_(service.backend.clock.moment()) {}

  asio::awaitable<void> run() {
    bool go_on = true;
    while (go_on && !finishing_) go_on = co_await serve_one();
  }

  void finish() {
    finishing_ = true;
    if (idle_since_) cut();
  }
  void cut() {
    finishing_ = true;
    idle_since_.reset();
    fd_ = -1;
    beast::error_code ignored;
    stream_.socket().close(ignored);
  }

  [[nodiscard]] bool gone() const override { return fd_ < 0 || is_hung_up(fd_); }
  asio::awaitable<bool> write(std::string bytes) override {
    const auto chunk = http::make_chunk(asio::buffer(bytes));
    stream_.expires_after(write_timeout);
    const auto [error, size] = co_await asio::async_write(stream_, chunk, named_awaitable);
    co_return !error;
  }

  [[nodiscard]] std::optional<supervisor::Moment> idle_since() const { return idle_since_; }
  [[nodiscard]] bool proven() const { return proven_; }

 private:
  Stream open(Service& service, Descriptor socket) {
    fd_ = socket.get();
    Socket opened(service.backend.loop, asio::generic::stream_protocol(AF_UNIX, 0), fd_);
    (void)socket.release();
    return Stream(std::move(opened));
  }

  // One request and its reply. False: the connection ends.
  asio::awaitable<bool> serve_one() {
    idle_since_ = service_.backend.clock.moment();
    const bool more = co_await wait_for_bytes();
    if (!more || finishing_) co_return false;
    idle_since_ = service_.backend.clock.moment();
    Parser parser;
    parser.header_limit(request_header_bytes_max);
    parser.body_limit(static_cast<std::uint64_t>(service_.options.body_bytes_max));
    const beast::error_code error = co_await read_request(parser);
    if (error) co_return co_await refuse(error);

    idle_since_.reset();
    const bool head_only = parser.get().method() == http::verb::head;
    bool keep_alive = parser.get().keep_alive() && admission_ == Admission::regular;
    Reply reply = co_await answer_to(parser);
    keep_alive = keep_alive && !finishing_;
    bool written = false;
    if (reply.stream) written = co_await write_stream(reply, head_only, keep_alive);
    else written = co_await write_reply(reply, head_only, keep_alive);
    proven_ = true;
    co_return written && keep_alive;
  }

  asio::awaitable<bool> wait_for_bytes() {
    if (buffer_.size() > 0) co_return true;
    if (admission_ == Admission::reserve) stream_.expires_after(reserve_timeout);
    else if (proven_) stream_.expires_after(idle_timeout);
    else stream_.expires_after(header_timeout);
    const auto space = buffer_.prepare(first_read);
    const auto [error, size] = co_await stream_.async_read_some(space, named_awaitable);
    buffer_.commit(size);
    co_return !error;
  }

  asio::awaitable<beast::error_code> read_request(Parser& parser) {
    if (admission_ == Admission::reserve) stream_.expires_after(reserve_timeout);
    else stream_.expires_after(header_timeout);
    const auto [header_error, header_size] = co_await http::async_read_header(stream_, buffer_, parser, named_awaitable);
    if (header_error || parser.is_done()) co_return header_error;
    if (admission_ == Admission::regular) stream_.expires_after(body_timeout);
    const auto expect = parser.get()[http::field::expect];
    if (beast::iequals(expect, "100-continue")) {
      static constexpr std::string_view go_ahead = "HTTP/1.1 100 Continue\r\n\r\n";
      const auto [error, size] = co_await asio::async_write(stream_, asio::buffer(go_ahead), named_awaitable);
      if (error) co_return error;
    }
    const auto [body_error, body_size] = co_await http::async_read(stream_, buffer_, parser, named_awaitable);
    co_return body_error;
  }

  asio::awaitable<Reply> answer_to(Parser& parser) {
    Request request;
    std::optional<Problem> problem;
    try {
      request = to_request(parser, peer_, *this);
      if (admission_ == Admission::reserve && may_take_long(request)) problem = house_full();
    } catch (const Problem& found) {
      problem = found;
    }
    if (problem) co_return to_reply(*problem);
    co_return co_await answer(service_, std::move(request));
  }

  asio::awaitable<bool> write_reply(Reply& reply, bool head_only, bool keep_alive) {
    http::response<http::string_body> response(static_cast<http::status>(reply.status), 11);
    put_head(response, reply, keep_alive);
    response.content_length(reply.body.size());
    if (!head_only) response.body() = std::move(reply.body);
    stream_.expires_after(write_timeout);
    const auto [error, size] = co_await http::async_write(stream_, response, named_awaitable);
    co_return !error;
  }

  asio::awaitable<bool> write_stream(Reply& reply, bool head_only, bool keep_alive) {
    http::response<http::empty_body> response(static_cast<http::status>(reply.status), 11);
    put_head(response, reply, keep_alive);
    response.chunked(true);
    http::response_serializer<http::empty_body> serializer(response);
    stream_.expires_after(write_timeout);
    const auto [error, size] = co_await http::async_write_header(stream_, serializer, named_awaitable);
    if (error || head_only) co_return !error;
    const bool whole = co_await run_stream(*reply.stream);
    if (!whole) co_return false;
    stream_.expires_after(write_timeout);
    const auto end = http::make_chunk_last();
    const auto [end_error, end_size] = co_await asio::async_write(stream_, end, named_awaitable);
    co_return !end_error;
  }

  // False: it broke; without its last chunk the client knows.
  asio::awaitable<bool> run_stream(LiveStream& live) {
    try {
      co_await live.run(*this);
      co_return true;
    } catch (const std::exception& error) {
      service_.backend.log.warn("api.stream_broken", {{"error", error.what()}});
    }
    co_return false;
  }

  // Says what was wrong where it can be said, and ends the connection.
  asio::awaitable<bool> refuse(beast::error_code error) {
    if (!is_of_parser(error)) co_return false;      // gone, or too slow: a stream that timed out is closed already
    Reply reply = to_reply(from_parser(error, service_.options.body_bytes_max));
    const bool written = co_await write_reply(reply, false, false);
    if (written) co_await linger();
    co_return false;
  }

  // Takes what the client still sends, for a moment, so that it gets to read the refusal.
  asio::awaitable<void> linger() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(linger_timeout);
    for (bool open = true; open;) {
      buffer_.clear();
      const auto space = buffer_.prepare(buffer_bytes_max);
      const auto [error, size] = co_await stream_.async_read_some(space, named_awaitable);
      open = !error && !finishing_;
    }
  }

  Service& service_;
  Admission admission_;
  Peer peer_;
  int fd_ = -1;
  Stream stream_;
  std::optional<supervisor::Moment> idle_since_;
  beast::flat_buffer buffer_{buffer_bytes_max};
  bool proven_ = false;
  bool finishing_ = false;
};

Session::Session(Service& service, Descriptor socket, Admission admission)
    : impl_(std::make_unique<Impl>(service, std::move(socket), admission)) {}
Session::~Session() = default;
asio::awaitable<void> Session::run() { return impl_->run(); }
void Session::finish() { impl_->finish(); }
void Session::cut() { impl_->cut(); }
std::optional<supervisor::Moment> Session::idle_since() const { return impl_->idle_since(); }
bool Session::proven() const { return impl_->proven(); }

}  // namespace reeve::api
