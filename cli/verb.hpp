// One verb of the command line: what it is called, what it accepts, what it does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/grammar.hpp"

namespace reeve::cli {

class Session;

struct About {
  std::string name{};        // "cancel"; "store check" for a verb under a noun
  std::string summary{};     // one line
  std::string examples{};    // lines; help shows them first
};

class Verb {
 public:
  virtual ~Verb() = default;
  [[nodiscard]] virtual About about() const = 0;
  virtual void declare(Grammar& grammar) = 0;
  // Gives the exit code. Throws UsageError, Problem, api::Unreachable; program.cpp turns those into a sentence and a code.
  virtual int run(Session& session) = 0;
};

using Verbs = std::vector<std::unique_ptr<Verb>>;

}  // namespace reeve::cli
