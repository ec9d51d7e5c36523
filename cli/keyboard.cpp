#include "cli/keyboard.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace reeve::cli {
namespace {

constexpr char ctrl_c = 3, ctrl_d = 4;

void announce(int event) {
  const std::uint64_t one = 1;
  if (write(event, &one, sizeof one) != sizeof one) return;   // full: it is readable already
}

}  // namespace

Keyboard::Keyboard() : over_(eventfd(0, EFD_CLOEXEC)) {
  if (over_ < 0) throw std::system_error(errno, std::system_category(), "cannot listen for keys");
  interrupt_.emplace([this](int) { announce(over_); });
  termios now{};
  if (tcgetattr(STDIN_FILENO, &now) != 0) return;
  before_ = now;
  now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

Keyboard::~Keyboard() {
  interrupt_.reset();   // nobody announces any more
  if (before_) tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
  close(over_);
}

Keyboard::Pressed Keyboard::wait(std::chrono::milliseconds at_most) {
  std::array<pollfd, 2> ready{{{over_, POLLIN, 0}, {before_ ? STDIN_FILENO : -1, POLLIN, 0}}};
  if (poll(ready.data(), ready.size(), static_cast<int>(at_most.count())) <= 0) return Pressed::nothing;
  if (ready[0].revents != 0) return Pressed::end;
  char key = 0;
  if (read(STDIN_FILENO, &key, 1) != 1) return Pressed::end;   // the terminal is gone
  return key == 'q' || key == 'Q' || key == ctrl_c || key == ctrl_d ? Pressed::end : Pressed::key;
}

}  // namespace reeve::cli
