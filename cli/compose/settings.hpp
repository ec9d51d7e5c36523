// The configuration the daemon works with: what the file says, with every default filled in.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "cli/compose/locate.hpp"
#include "config/configuration.hpp"

namespace reeve::cli::compose {

struct Settings {
  std::string file{};                      // empty: no file at all
  config::Configuration configuration{};   // complete
  std::vector<std::string> warnings{};     // "reeve.yaml:14:14: ..."
  config::Bundle sources{};                // what it was made of
};

// The file has errors; what() is all of them, a line each.
class BadConfiguration : public std::runtime_error {
 public:
  explicit BadConfiguration(const std::vector<std::string>& errors);
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }

 private:
  std::vector<std::string> errors_;
};

// Throws BadConfiguration, or std::runtime_error when there is no place for a default.
[[nodiscard]] Settings load_settings(const Choices& choices, const Surroundings& around);

// The same from texts that were read before; `file` stays what the choices say. Throws alike.
[[nodiscard]] Settings settings_from(const config::Bundle& bundle, const Choices& choices, const Surroundings& around);

[[nodiscard]] std::vector<std::string> texts_of(const std::vector<config::Finding>& findings);

}  // namespace reeve::cli::compose
