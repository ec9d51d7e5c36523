// The daemon's listening socket in the file system.
//
// The socket is made inside a fresh private directory (0700) beside its final place, gets its mode and group there, listens, and is only then
// renamed into place. So at its public name it has the right mode from its first instant, nobody meets it before it answers, and no
// process-wide umask is touched while other threads create files.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "api/http.hpp"
#include "api/options.hpp"

namespace reeve::api {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

class ListeningSocket {
 public:
  // Throws std::runtime_error that names the path and the reason: somebody answers there, it is not a socket of ours, permissions, ...
  explicit ListeningSocket(const Options& options);
  // Removes the file if it is still the one made here.
  ~ListeningSocket();
  ListeningSocket(const ListeningSocket&) = delete;
  ListeningSocket& operator=(const ListeningSocket&) = delete;

  [[nodiscard]] int fd() const { return socket_.get(); }
  // Nothing connects any more.
  void remove();

 private:
  std::string path_;
  Descriptor socket_{};
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Who connected, as the kernel knows it.
[[nodiscard]] Peer peer_of(int socket);
// The other side has closed the connection in both directions.
[[nodiscard]] bool is_hung_up(int socket);

}  // namespace reeve::api
