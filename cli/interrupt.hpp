// Ctrl-C while something waits: a thread that takes SIGINT and SIGTERM out of everybody else's way.
//
// Blocking calls elsewhere are not disturbed; the callback decides what to do and is called on a thread of its own.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace reeve::cli {

class Interrupt {
 public:
  // `on_signal(times)` with 1 for the first signal, 2 for the second. Make it before any other thread, so that all inherit the mask.
  explicit Interrupt(std::function<void(int times)> on_signal);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  void listen();

  std::function<void(int)> on_signal_;
  sigset_t before_{};
  int signals_ = -1;
  int over_ = -1;
  std::thread thread_{};
};

}  // namespace reeve::cli
