#include "cli/interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace reeve::cli {

Interrupt::Interrupt(std::function<void(int)> on_signal) : on_signal_(std::move(on_signal)) {
  sigset_t wanted{};
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &wanted, &before_);
  signals_ = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
  over_ = eventfd(0, EFD_CLOEXEC);
  if (signals_ < 0 || over_ < 0) throw std::system_error(errno, std::system_category(), "cannot listen for Ctrl-C");
  thread_ = std::thread([this] { listen(); });
}

Interrupt::~Interrupt() {
  const std::uint64_t one = 1;
  if (write(over_, &one, sizeof one) == sizeof one) thread_.join();
  else thread_.detach();
  close(signals_);
  close(over_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::listen() {
  int times = 0;
  std::array<pollfd, 2> ready{{{signals_, POLLIN, 0}, {over_, POLLIN, 0}}};
  while (poll(ready.data(), ready.size(), -1) >= 0 || errno == EINTR) {
    if (ready[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof info) == sizeof info) on_signal_(++times);
  }
}

}  // namespace reeve::cli
