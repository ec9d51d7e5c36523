#include "api/unix_socket.hpp"

#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace reeve::api {

namespace {

constexpr int backlog = 4'096;

[[noreturn]] void fail(const std::string& path, const std::string& reason) { throw std::runtime_error("cannot listen on " + path + ": " + reason); }
[[noreturn]] void fail_errno(const std::string& path, const std::string& step) { fail(path, step + ": " + std::generic_category().message(errno)); }

sockaddr_un address_of(const std::string& path, const std::string& place) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (place.size() >= sizeof(address.sun_path))
    fail(path, "the path has " + std::to_string(path.size()) + " bytes, too long for a socket; choose one of at most 90 (api.socket)");
  std::memcpy(address.sun_path, place.c_str(), place.size() + 1);
  return address;
}

Descriptor new_socket(const std::string& path) {
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) fail_errno(path, "socket");
  return socket;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void make_directories(const std::string& path, const std::string& directory) {
  struct stat there {};
  if (::stat(directory.c_str(), &there) == 0) return;
  if (errno != ENOENT) fail_errno(path, directory);
  make_directories(path, parent_of(directory));
  if (::mkdir(directory.c_str(), 0750) != 0 && errno != EEXIST) fail_errno(path, "mkdir " + directory);
}

// What stands at the path may be replaced only if it is a socket of ours that nobody answers on.
void check_place(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) {
    if (errno == ENOENT) return;
    fail_errno(path, "lstat");
  }
  if (!S_ISSOCK(there.st_mode)) fail(path, "there is something else than a socket; remove it or choose another path (api.socket)");
  if (there.st_uid != ::geteuid()) fail(path, "there is a socket of uid " + std::to_string(there.st_uid) + "; choose another path (api.socket)");
  const Descriptor probe = new_socket(path);
  const sockaddr_un address = address_of(path, path);
  const int answered = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (answered == 0 || errno == EAGAIN)
    fail(path, "another daemon answers there; stop it first (`reeve --socket " + path + " status`), or choose another path (api.socket)");
  if (errno != ECONNREFUSED && errno != ENOENT) fail_errno(path, "the socket there cannot be tried");
}

std::optional<gid_t> find_group(const std::string& path, const std::string& group) {
  if (group.empty()) return std::nullopt;
  std::vector<char> buffer(16'384);
  struct group entry {};
  struct group* found = nullptr;
  ::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) fail(path, "there is no group " + group + " (api.socket_group)");
  return found->gr_gid;
}

// A directory that only we can enter; gone when this is.
class PrivateDirectory {
 public:
  PrivateDirectory(const std::string& path, const std::string& beside) : name_(beside + "/.XXXXXX") {
    if (::mkdtemp(name_.data()) == nullptr) fail_errno(path, "a directory in " + beside);
  }
  ~PrivateDirectory() {
    ::unlink(inside().c_str());
    ::rmdir(name_.c_str());
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  [[nodiscard]] std::string inside() const { return name_ + "/s"; }

 private:
  std::string name_;
};

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void Descriptor::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

ListeningSocket::ListeningSocket(const Options& options) : path_(options.socket) {
  if (path_.empty()) throw std::runtime_error("no path for the socket; set api.socket");
  (void)address_of(path_, path_);                // too long is too long, whatever the name it is born with
  const std::string directory = parent_of(path_);
  make_directories(path_, directory);
  check_place(path_);
  const std::optional<gid_t> group = find_group(path_, options.socket_group);

  const PrivateDirectory nursery(path_, directory);
  const std::string born = nursery.inside();
  const sockaddr_un address = address_of(path_, born);
  Descriptor socket = new_socket(path_);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) fail_errno(path_, "bind");
  if (group && ::lchown(born.c_str(), static_cast<uid_t>(-1), *group) != 0)
    fail_errno(path_, "giving it to the group " + options.socket_group + " (api.socket_group)");
  if (::chmod(born.c_str(), options.socket_mode) != 0) fail_errno(path_, "chmod");
  if (::listen(socket.get(), backlog) != 0) fail_errno(path_, "listen");
  struct stat made {};
  if (::lstat(born.c_str(), &made) != 0) fail_errno(path_, "lstat");
  if (::rename(born.c_str(), path_.c_str()) != 0) fail_errno(path_, "rename");
  device_ = made.st_dev;
  inode_ = made.st_ino;
  socket_ = std::move(socket);
}

ListeningSocket::~ListeningSocket() { remove(); }

void ListeningSocket::remove() {
  if (!socket_) return;
  struct stat there {};
  if (::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == inode_) ::unlink(path_.c_str());
  socket_.reset();
}

Peer peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  Peer peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return peer;
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.pid = credentials.pid;
  return peer;
}

bool is_hung_up(int socket) {
  pollfd look{socket, 0, 0};
  return ::poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

}  // namespace reeve::api
