#include "tests/unit/executors/http_server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <mutex>
#include <thread>

namespace reeve::executors::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

Seen seen_in(const http::request<http::string_body>& message) {
  Seen seen{std::string(message.method_string()), std::string(message.target()), {}, message.body()};
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    seen.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  return seen;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Answer answer, const Certificate* certificate)
      : answer_(std::move(answer)), acceptor_(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)), port_(acceptor_.local_endpoint().port()) {
    if (certificate != nullptr) {
      tls_.emplace(asio::ssl::context::tls_server);
      tls_->use_certificate_chain_file(certificate->file);
      tls_->use_private_key_file(certificate->key_file, asio::ssl::context::pem);
    }
    thread_ = std::thread([this] { serve(); });
  }
  ~Impl() {
    ending_ = true;
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);   // wakes accept()
    thread_.join();
  }

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] int abandoned() const { return abandoned_; }

 private:
  void serve() {
    while (!ending_) {
      tcp::socket socket(io_);
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      if (error) return;
      if (!tls_) {
        talk(socket);
        continue;
      }
      asio::ssl::stream<tcp::socket&> stream(socket, *tls_);
      stream.handshake(asio::ssl::stream_base::server, error);
      if (error) continue;
      talk(stream);
      stream.shutdown(error);
    }
  }

  template <class Stream>
  void talk(Stream& stream) {
    beast::flat_buffer buffer;
    http::request_parser<http::string_body> parser;
    boost::system::error_code error;
    http::read(stream, buffer, parser, error);
    if (error) return;
    Seen request = seen_in(parser.get());
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(request);
    }
    const auto bytes = answer_(request);
    if (bytes) {
      asio::write(stream, asio::buffer(*bytes), error);
      return;
    }
    char byte = 0;
    stream.read_some(asio::buffer(&byte, 1), error);   // until the client goes away
    ++abandoned_;
  }

  Answer answer_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  const int port_;
  std::optional<asio::ssl::context> tls_{};
  mutable std::mutex mutex_;
  std::vector<Seen> seen_{};
  std::atomic<int> abandoned_ = 0;
  std::atomic<bool> ending_ = false;
  std::thread thread_{};
};

HttpServer::HttpServer(Answer answer, const Certificate* certificate) : impl_(std::make_unique<Impl>(std::move(answer), certificate)) {}
HttpServer::~HttpServer() = default;
int HttpServer::port() const { return impl_->port(); }
std::vector<Seen> HttpServer::seen() const { return impl_->seen(); }
int HttpServer::abandoned() const { return impl_->abandoned(); }

std::string answer_of(int status, const std::string& headers, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " Word\r\n" + headers + "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace reeve::executors::testing
