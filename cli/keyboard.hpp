// A terminal whose keys are read one by one, for a view that refreshes itself. Puts the terminal back as it was, also after a signal.
#pragma once

#include <termios.h>

#include <chrono>
#include <optional>

#include "cli/interrupt.hpp"

namespace reeve::cli {

class Keyboard {
 public:
  Keyboard();       // stdin, if it is a terminal; SIGINT and SIGTERM end the wait
  ~Keyboard();
  Keyboard(const Keyboard&) = delete;
  Keyboard& operator=(const Keyboard&) = delete;

  enum class Pressed { nothing, key, end };   // end: q, Ctrl-C, Ctrl-D, or a signal
  // Waits for a key, at most so long.
  Pressed wait(std::chrono::milliseconds at_most);

 private:
  int over_ = -1;                             // an eventfd: readable once a signal came
  std::optional<termios> before_{};
  std::optional<Interrupt> interrupt_{};
};

}  // namespace reeve::cli
