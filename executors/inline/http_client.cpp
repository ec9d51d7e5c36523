#include "executors/inline/http_client.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>

namespace reeve::executors::in_daemon {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Answer = std::variant<HttpResponse, Failed>;
using Error = boost::system::error_code;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t body_bytes_max = 1 << 20;
constexpr std::uint32_t answer_header_bytes_max = 64 << 10;
constexpr int most_interim_answers = 16;
constexpr auto answered = asio::as_tuple(asio::use_awaitable);

Failed failed(const char* code, const Url& url, const std::string& what) { return {code, url.authority + ": " + what, {}, {}}; }

// The failure that an error of a step is; `code` where it says nothing better of itself.
Failed failed(const char* code, const Url& url, const Error& error) {
  if (error == beast::error::timeout) return failed("timeout", url, "no answer in time");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return failed("disconnect", url, "the connection ended before the answer did");
  if (error.category() == http::make_error_code(http::error::bad_status).category()) return failed("protocol", url, "the answer is no HTTP: " + error.message());
  return failed(code, url, error.message());
}

http::request<http::string_body> message_of(const HttpRequest& request) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.url.target);
  message.set(http::field::host, request.url.authority);
  message.keep_alive(false);
  for (const auto& [name, value] : request.headers.all()) message.insert(name, value);
  if (request.body) message.body() = *request.body;
  const bool bodyless = !request.body && (request.method == "GET" || request.method == "HEAD");
  if (!bodyless) message.content_length(message.body().size());
  return message;
}

void take_headers(const Parser& parser, HttpResponse& response) {
  response.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
    response.headers.emplace_back(std::move(name), std::string(field.value()));
  }
}

// What the caller has no use for any more is not read: the connection ends with the request.
template <class Stream>
asio::awaitable<Error> read_body(Stream& stream, beast::flat_buffer& buffer, Parser& parser, HttpResponse& response) {
  std::array<char, 16 << 10> chunk;
  while (!parser.is_done() && response.body.size() <= body_bytes_max) {
    auto& into = parser.get().body();
    into.data = chunk.data();
    into.size = chunk.size();
    auto [error, bytes] = co_await http::async_read(stream, buffer, parser, answered);
    response.body.append(chunk.data(), chunk.size() - parser.get().body().size);
    if (error && error != http::error::need_buffer) co_return error;
  }
  response.truncated = response.body.size() > body_bytes_max;
  if (response.truncated) response.body.resize(body_bytes_max);
  co_return Error();
}

template <class Stream>
asio::awaitable<Answer> read_answer(Stream& stream, const HttpRequest& request) {
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  for (int answers = 0; answers < most_interim_answers; ++answers) {
    parser.emplace();
    parser->header_limit(answer_header_bytes_max);
    parser->body_limit(boost::none);
    parser->skip(request.method == "HEAD");
    auto [error, bytes] = co_await http::async_read_header(stream, buffer, *parser, answered);
    if (error) co_return failed("disconnect", request.url, error);
    const bool interim = parser->get().result_int() < 200 && parser->get().result_int() != 101;
    if (interim) continue;
    HttpResponse response;
    take_headers(*parser, response);
    const Error broken = co_await read_body(stream, buffer, *parser, response);
    if (broken) co_return failed("disconnect", request.url, broken);
    co_return response;
  }
  co_return failed("protocol", request.url, "it sends one interim answer after the other");
}

// A server may refuse a request before it has read all of it: its answer counts more than our failure to go on writing.
template <class Stream>
asio::awaitable<Answer> converse(Stream& stream, const HttpRequest& request) {
  const auto message = message_of(request);
  auto [unsent, bytes] = co_await http::async_write(stream, message, answered);
  if (unsent == beast::error::timeout) co_return failed("timeout", request.url, unsent);
  auto answer = co_await read_answer(stream, request);
  if (unsent && std::holds_alternative<Failed>(answer)) co_return failed("disconnect", request.url, unsent);
  co_return answer;
}

asio::awaitable<Error> connect(beast::tcp_stream& stream, const Endpoints& endpoints) {
  auto [error, endpoint] = co_await stream.async_connect(endpoints, answered);
  co_return error;
}

bool is_address(const std::string& host) {
  Error error;
  (void)asio::ip::make_address(host, error);
  return !error;
}

}  // namespace

class HttpClient::Tls {
 public:
  using Stream = beast::ssl_stream<beast::tcp_stream>;

  Tls() : context_(asio::ssl::context::tls_client) {
    context_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    context_.set_default_verify_paths();
    context_.set_verify_mode(asio::ssl::verify_peer);
  }
  asio::ssl::context& context() { return context_; }

  static asio::awaitable<std::optional<Failed>> shake_hands(Stream& stream, const Url& url) {
    stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
    if (!is_address(url.host) && SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str()) != 1)
      co_return failed("tls", url, "its name is too long to be verified");
    auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::client, answered);
    if (!error) co_return std::nullopt;
    const long verified = SSL_get_verify_result(stream.native_handle());
    if (verified != X509_V_OK)
      co_return failed("tls", url, std::string("its certificate is not trusted: ") + X509_verify_cert_error_string(verified));
    co_return failed("tls", url, error);
  }

 private:
  asio::ssl::context context_;
};

HttpClient::HttpClient(asio::any_io_executor loop) : loop_(std::move(loop)) {}
HttpClient::~HttpClient() = default;

asio::awaitable<Answer> HttpClient::ask(const HttpRequest& request, Bell::Moment deadline, Abort& abort) {
  Lookup lookup(loop_);
  abort.call([&lookup] { lookup.abort(); });
  auto found = co_await lookup.find(request.url, deadline);
  abort.call({});
  if (auto* nowhere = std::get_if<Failed>(&found)) co_return std::move(*nowhere);
  if (abort.asked()) co_return failed("connect", request.url, "no longer wanted");

  const Endpoints endpoints = std::get<Endpoints>(std::move(found));
  Answer answer;
  if (request.url.tls) answer = co_await ask_privately(request, endpoints, deadline, abort);
  else answer = co_await ask_openly(request, endpoints, deadline, abort);
  abort.call({});
  co_return answer;
}

asio::awaitable<Answer> HttpClient::ask_privately(const HttpRequest& request, const Endpoints& endpoints, Bell::Moment deadline, Abort& abort) {
  if (!tls_) tls_ = std::make_unique<Tls>();   // reads the system's store of certificates
  Tls::Stream stream(loop_, tls_->context());
  beast::tcp_stream& tcp = stream.next_layer();
  abort.call([&tcp] { tcp.close(); });
  tcp.expires_at(deadline);
  const Error unreached = co_await connect(tcp, endpoints);
  if (unreached) co_return failed("connect", request.url, unreached);
  auto untrusted = co_await Tls::shake_hands(stream, request.url);
  if (untrusted) co_return std::move(*untrusted);
  co_return co_await converse(stream, request);
}

asio::awaitable<Answer> HttpClient::ask_openly(const HttpRequest& request, const Endpoints& endpoints, Bell::Moment deadline, Abort& abort) {
  beast::tcp_stream tcp(loop_);
  abort.call([&tcp] { tcp.close(); });
  tcp.expires_at(deadline);
  const Error unreached = co_await connect(tcp, endpoints);
  if (unreached) co_return failed("connect", request.url, unreached);
  co_return co_await converse(tcp, request);
}

}  // namespace reeve::executors::in_daemon
