#include "supervisor/log_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace reeve::supervisor {

namespace {

// O_NONBLOCK: a named pipe without a reader is an error, not a wait.
int open_log(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
  if (descriptor >= 0) return descriptor;
  const char* hint = errno == ENOENT ? "; make its folder first" : errno == ENXIO ? "; nobody reads the named pipe" : "";
  throw std::runtime_error("cannot open the log file " + path + ": " + std::strerror(errno) + hint);
}

mode_t type_of(int descriptor) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) throw std::runtime_error(std::string{"cannot write the log: "} + std::strerror(errno));
  return facts.st_mode & S_IFMT;
}

// The same pipe or terminal under a description of our own; -1 when that is not possible.
int open_again(int descriptor) {
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

bool ready(int descriptor, int wait_ms) {
  pollfd wanted{descriptor, POLLOUT, 0};
  return ::poll(&wanted, 1, wait_ms) == 1 && (wanted.revents & POLLOUT);
}

}  // namespace

LogSink::LogSink(std::string path, LossLine loss_line) : path_(std::move(path)), loss_line_(std::move(loss_line)) {
  descriptor_ = open_log(path_);
  way_ = Way::nonblocking;
  regular_ = type_of(descriptor_) == S_IFREG;
}

LogSink::LogSink(int descriptor, LossLine loss_line) : loss_line_(std::move(loss_line)) { adopt(descriptor); }

LogSink::~LogSink() {
  flush_before_the_end();
  ::close(descriptor_);
}

void LogSink::adopt(int descriptor) {
  const mode_t type = type_of(descriptor);
  const bool can_wait = type == S_IFIFO || type == S_IFCHR;
  if (can_wait) descriptor_ = open_again(descriptor);
  way_ = type == S_IFSOCK ? Way::socket : type == S_IFREG ? Way::plain : Way::nonblocking;
  if (descriptor_ >= 0) return;
  if (can_wait) way_ = Way::polled;
  descriptor_ = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (descriptor_ < 0) throw std::runtime_error(std::string{"cannot write the log: "} + std::strerror(errno));
}

bool LogSink::is_terminal() const { return ::isatty(descriptor_) == 1; }

void LogSink::write(std::string_view line) {
  flush();
  report_losses();
  keep(line);
  flush();
}

void LogSink::keep(std::string_view line) {
  const std::size_t waiting = backlog_.size() - head_;
  if (waiting + line.size() <= backlog_max) {
    backlog_ += line;
    return;
  }
  ++lost_;
  ++unreported_;
}

// Only once everything before the gap is out, so that the line stands where the lost ones would.
void LogSink::report_losses() {
  if (unreported_ == 0 || !backlog_.empty()) return;
  backlog_ += loss_line_(unreported_);
  unreported_ = 0;
}

void LogSink::flush() {
  while (head_ < backlog_.size())
    if (!write_first_line()) break;
  if (head_ > backlog_max / 2 || head_ == backlog_.size()) {
    backlog_.erase(0, head_);
    head_ = 0;
  }
}

void LogSink::flush_before_the_end() {
  using Steady = std::chrono::steady_clock;
  const auto deadline = Steady::now() + std::chrono::milliseconds{250};
  flush();
  while (!backlog_.empty() && Steady::now() < deadline) {
    if (!ready(descriptor_, 50)) continue;
    const std::size_t before = backlog_.size() - head_ - written_;
    flush();
    if (backlog_.size() - head_ - written_ == before) return;  // full or broken, not merely slow
  }
}

// True when the whole line is out. One write a record, as long as it fits.
bool LogSink::write_first_line() {
  const std::size_t end = backlog_.find('\n', head_) + 1;
  while (head_ + written_ < end) {
    const std::string_view rest{backlog_.data() + head_ + written_, end - head_ - written_};
    const std::int64_t put_now = put(rest);
    if (put_now <= 0) {
      take_back(written_);
      return false;
    }
    written_ += static_cast<std::size_t>(put_now);
  }
  head_ = end;
  written_ = 0;
  return true;
}

std::int64_t LogSink::put(std::string_view bytes) {
  if (way_ == Way::polled && !ready(descriptor_, 0)) return 0;
  const std::size_t most = way_ == Way::polled ? std::min<std::size_t>(bytes.size(), PIPE_BUF) : bytes.size();
  for (;;) {
    const ssize_t put_now = way_ == Way::socket ? ::send(descriptor_, bytes.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL) : ::write(descriptor_, bytes.data(), most);
    if (put_now >= 0 || errno != EINTR) return put_now;
  }
}

// The beginning of a line that the disk had no room for would be read as a damaged record. In a pipe it cannot be taken back: there the
// rest of the line follows before anything else.
void LogSink::take_back(std::size_t bytes) {
  if (!regular_ || bytes == 0) return;
  const off_t end = ::lseek(descriptor_, 0, SEEK_CUR);
  if (end >= static_cast<off_t>(bytes) && ::ftruncate(descriptor_, end - static_cast<off_t>(bytes)) == 0) written_ = 0;
}

void LogSink::reopen() {
  if (path_.empty()) return;
  const int fresh = open_log(path_);
  const bool regular = type_of(fresh) == S_IFREG;
  ::close(std::exchange(descriptor_, fresh));
  regular_ = regular;
  written_ = 0;  // a line that was begun in the old file is written whole into the new one
  flush();
}

}  // namespace reeve::supervisor
