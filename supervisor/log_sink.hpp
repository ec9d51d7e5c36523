// Where the lines of the log go: a file of our own, or the stdout we were given. Never waits for a reader or a disk.
//
// Lines that cannot be written now wait in a backlog of 256 KiB, in order, and go out with the next line; what does not fit is lost, counted,
// and told by a line of its own once writing works again. A line is written whole or not at all: what a full disk cut short is taken back.
//
// How a write is kept from blocking depends on what stdout is. Setting O_NONBLOCK on it is no option: the flag belongs to the open file
// description, which we share with the shell or service manager and every child, and whose next write would fail with EAGAIN.
//   pipe, terminal   opened once more by /proc/self/fd/1: a description of our own, which may be O_NONBLOCK
//   socket           send(MSG_DONTWAIT): per call (a socket cannot be opened again; this is what journald gives us)
//   regular file     plain write: it waits for the page cache at most
//   else             (the pipe belongs to another user, no /proc) poll without waiting, then at most PIPE_BUF bytes: after POLLOUT a
//                    pipe has that much room, unless another writer is faster - the only case that could wait
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace reeve::supervisor {

class LogSink {
 public:
  // The line that tells how many records were lost.
  using LossLine = std::function<std::string(std::int64_t lost)>;

  static constexpr std::size_t backlog_max = 256 << 10;

  // Appends to a file, created with mode 0640. Throws std::runtime_error when it cannot be opened.
  LogSink(std::string path, LossLine loss_line);
  // Writes to an open descriptor, which stays the caller's.
  LogSink(int descriptor, LossLine loss_line);
  // Gives the backlog a quarter of a second to go out.
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  // One line with its newline.
  void write(std::string_view line);
  // Opens the path again, then lets go of the old file. Does nothing without a path. Throws std::runtime_error and keeps the old file when it
  // cannot be opened.
  void reopen();

  [[nodiscard]] bool is_terminal() const;
  // Records that did not fit, since the beginning. Any thread.
  [[nodiscard]] std::int64_t lost() const { return lost_; }

 private:
  enum class Way { plain, nonblocking, socket, polled };

  void adopt(int descriptor);
  void keep(std::string_view line);
  void flush();
  void flush_before_the_end();
  bool write_first_line();
  std::int64_t put(std::string_view bytes);
  void take_back(std::size_t bytes);
  void report_losses();

  std::string path_{};
  LossLine loss_line_;
  int descriptor_ = -1;
  Way way_ = Way::plain;
  bool regular_ = false;            // a file of our own that can be cut back
  std::string backlog_{};           // whole lines; the first `written_` bytes of the first one are out
  std::size_t head_ = 0;            // where the first line begins
  std::size_t written_ = 0;
  std::int64_t unreported_ = 0;
  std::atomic<std::int64_t> lost_{0};
};

}  // namespace reeve::supervisor
