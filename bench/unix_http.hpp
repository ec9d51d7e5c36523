// The least of an HTTP client on a Unix socket: one request out, one answer with a Content-Length back. For measuring, not for use.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace bench {

inline std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class Connection {
 public:
  explicit Connection(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the path of the socket is too long: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (fd_ < 0 || connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect to " + path + ": " + std::strerror(errno));
    }
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() {
    if (fd_ >= 0) close(fd_);
  }

  [[nodiscard]] int descriptor() const { return fd_; }

  void send(const std::string& request) {
    for (std::size_t sent = 0; sent < request.size();) {
      const ssize_t wrote = ::send(fd_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (wrote < 0 && errno != EINTR) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
      if (wrote > 0) sent += static_cast<std::size_t>(wrote);
    }
  }

  // Reads what is there (or waits for it). The body of the answer once it is complete; throws when its status is not a success.
  std::optional<std::string> receive() {
    char block[65536];
    const ssize_t got = recv(fd_, block, sizeof block, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
    if (got <= 0) throw std::runtime_error("the daemon closed the connection");
    buffer_.append(block, static_cast<std::size_t>(got));
    return answer();
  }

  std::string exchange(const std::string& request) {
    send(request);
    while (true)
      if (auto body = receive()) return std::move(*body);
  }

 private:
  std::optional<std::string> answer() {
    const auto head_end = buffer_.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    const std::size_t begin = head_end + 4, size = content_length(buffer_.substr(0, head_end));
    if (buffer_.size() < begin + size) return std::nullopt;
    std::string body = buffer_.substr(begin, size);
    const bool success = buffer_.compare(0, 10, "HTTP/1.1 2") == 0;
    buffer_.erase(0, begin + size);
    if (!success) throw std::runtime_error("refused: " + body);
    return body;
  }

  static std::size_t content_length(std::string head) {
    for (char& letter : head) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    const auto at = head.find("content-length:");
    if (at == std::string::npos) throw std::runtime_error("an answer without Content-Length");
    return std::strtoul(head.c_str() + at + 15, nullptr, 10);
  }

  int fd_;
  std::string buffer_{};
};

}  // namespace bench
