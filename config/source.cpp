#include "config/source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace reeve::config {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

SourceFault fault_of(int error) {
  if (error == ENOENT) return {"does not exist; check the path"};
  if (error == EACCES) return {"may not be read by this user; check its permissions and those of its folders"};
  return {std::string{"cannot be opened: "} + std::strerror(error)};
}

const char* fault_of_type(mode_t mode) {
  if (S_ISDIR(mode)) return "is a directory; name a file in it";
  if (S_ISFIFO(mode)) return "is a named pipe; name a regular file";
  return "is not a regular file";
}

std::string too_large(std::size_t bytes_max) { return "is larger than the " + std::to_string(bytes_max) + " bytes that are read"; }

// The size may be a lie (/proc) or change meanwhile, so what counts is what can be read.
std::variant<SourceText, SourceFault> read_all(int file, std::size_t bytes_max, mode_t mode) {
  SourceText text;
  text.mode = mode & 07777;
  char buffer[16 << 10];
  for (;;) {
    const ssize_t got = ::read(file, buffer, sizeof buffer);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SourceFault{std::string{"cannot be read: "} + std::strerror(errno)};
    if (text.bytes.size() + static_cast<std::size_t>(got) > bytes_max) return SourceFault{too_large(bytes_max)};
    text.bytes.append(buffer, static_cast<std::size_t>(got));
  }
}

}  // namespace

std::variant<SourceText, SourceFault> read_source(const std::string& path, std::size_t bytes_max) {
  if (path.empty() || path.find('\0') != std::string::npos) return SourceFault{"is no path"};
  // Without O_NONBLOCK the open of a named pipe waits for a writer that may never come.
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.number() < 0) return fault_of(errno);
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return fault_of(errno);
  if (!S_ISREG(facts.st_mode)) return SourceFault{fault_of_type(facts.st_mode)};
  if (facts.st_size > static_cast<off_t>(bytes_max)) return SourceFault{too_large(bytes_max)};
  return read_all(file.number(), bytes_max, facts.st_mode);
}

}  // namespace reeve::config
