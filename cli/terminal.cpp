#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace reeve::cli {
namespace {

std::size_t width_of_terminal(const Environment& environment) {
  if (const auto columns = environment("COLUMNS")) {
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(columns->data(), columns->data() + columns->size(), width);
    if (error == std::errc{} && end == columns->data() + columns->size() && width >= 20) return width;
  }
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

}  // namespace

bool wants_colour(const Environment& environment, ColourChoice choice, bool is_terminal) {
  if (choice != ColourChoice::automatic) return choice == ColourChoice::always;
  const auto refused = environment("NO_COLOR");
  if (refused && !refused->empty()) return false;
  return is_terminal && environment("TERM").value_or("") != "dumb";
}

Terminal look_at_terminal(const Environment& environment, ColourChoice choice) {
  Terminal terminal{};
  terminal.in = isatty(STDIN_FILENO) == 1;
  terminal.out = isatty(STDOUT_FILENO) == 1;
  terminal.err = isatty(STDERR_FILENO) == 1;
  terminal.width = width_of_terminal(environment);
  terminal.colour = wants_colour(environment, choice, terminal.out);
  return terminal;
}

std::optional<std::string> process_environment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace reeve::cli
