// Slips on the command line, and what was probably meant. The parser only says that a word was not expected.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace reeve::cli {

// A verb nobody knows, a noun without its verb, or an option before the verb that is none of reeve's own. Empty: the verb is there.
[[nodiscard]] std::string slip_in_verb(const CLI::App& reeve, const std::vector<std::string>& arguments);

// What is wrong with the first word that `verb` did not take, after it was parsed.
[[nodiscard]] std::string slip_in_rest(const CLI::App& verb, const std::vector<std::string>& arguments, bool takes_after_dashes);

}  // namespace reeve::cli
