// What is at the other end of stdin, stdout and stderr.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace reeve::cli {

using Environment = std::function<std::optional<std::string>(const std::string&)>;

enum class ColourChoice { automatic, always, never };

struct Terminal {
  bool in = false;        // each: is a terminal
  bool out = false;
  bool err = false;
  std::size_t width = 80;
  bool colour = false;    // on stdout
};

// Asks the kernel, and COLUMNS, NO_COLOR, TERM of the environment.
[[nodiscard]] Terminal look_at_terminal(const Environment& environment, ColourChoice choice);

// Colour is for terminals whose user did not refuse it.
[[nodiscard]] bool wants_colour(const Environment& environment, ColourChoice choice, bool is_terminal);

[[nodiscard]] std::optional<std::string> process_environment(const std::string& name);

}  // namespace reeve::cli
