// The command line, parsed: which verb is meant and what the options say. The only place that knows CLI11.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/session.hpp"
#include "cli/verb.hpp"

namespace reeve::cli {

struct RunVerb {
  Verb* verb = nullptr;
};
// Nothing is to be done but to show this: help, or what is wrong.
struct ShowHelp { std::string text{}; };
struct RefuseUsage { std::string message{}; };

using Parsed = std::variant<RunVerb, ShowHelp, RefuseUsage>;

// Fills `globals` and the variables of the verb that is meant. No verb at all means `status`.
[[nodiscard]] Parsed parse(std::vector<std::string> arguments, const Verbs& verbs, GlobalOptions& globals);

}  // namespace reeve::cli
