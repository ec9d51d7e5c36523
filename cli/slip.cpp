#include "cli/slip.hpp"

#include <CLI/App.hpp>
#include <algorithm>

#include "handlers/nearest.hpp"

namespace reeve::cli {
namespace {

std::string in_quotes(const std::string& word) { return "\"" + word + "\""; }

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names{};
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(verb->get_name());
  return names;
}

// As they are typed: "-n", "--limit"; those of the verb and those that every verb takes.
std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names{};
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent())
    for (const CLI::Option* option : level->get_options([](const CLI::Option*) { return true; })) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      for (const std::string& name : option->get_snames()) names.push_back("-" + name);
    }
  return names;
}

// Joins what is wrong, what was probably meant and where more is told.
std::string sentence(const std::string& fault, const std::string& meant, const std::string& more) {
  return fault + (meant.empty() ? "; " : "; did you mean " + meant + "? ") + more;
}

std::string path_of(const CLI::App& app) { return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + " " + app.get_name(); }
std::string see_help(const CLI::App& app) { return "see " + path_of(app) + " --help"; }

const CLI::App* verb_named(const CLI::App& app, const std::string& name) {
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    if (verb->get_name() == name) return verb;
  return nullptr;
}

// One letter is near to every other; "--version" is a verb.
std::string option_meant(const CLI::App& app, const std::string& name) {
  if (!name.starts_with("--")) return {};
  if (const CLI::App* verb = verb_named(app, name.substr(2))) return "`" + path_of(*verb) + "`";
  const std::vector<std::string> known = options_of(app);
  return handlers::nearest(name, {known.begin(), known.end()});
}

std::string unknown_option(const CLI::App& app, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  return sentence("there is no option " + name + " here", option_meant(app, name), see_help(app));
}

const CLI::Option* option_named(const CLI::App& app, const std::string& word) {
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; }))
    if (option->check_name(word.substr(0, word.find('=')))) return option;
  return nullptr;
}

bool has_value_behind(const CLI::Option& option, const std::string& word) {
  return option.get_items_expected_min() > 0 && word.find('=') == std::string::npos && (word.starts_with("--") || word.size() == 2);
}

std::string unknown_verb(const CLI::App& app, const std::string& word) {
  const std::vector<std::string> known = verbs_of(app);
  const std::string near = handlers::nearest(word, {known.begin(), known.end()});
  return sentence(in_quotes(word) + " is no verb of " + path_of(app), near.empty() ? near : "`" + path_of(app) + " " + near + "`",
                  "all verbs: " + path_of(app) + " --help");
}

std::string verb_missing(const CLI::App& noun) {
  std::string all{};
  for (const std::string& verb : verbs_of(noun)) all += (all.empty() ? "" : ", ") + path_of(noun) + " " + verb;
  return path_of(noun) + " needs a verb: " + all;
}

}  // namespace

std::string slip_in_verb(const CLI::App& reeve, const std::vector<std::string>& arguments) {
  const CLI::App* at = &reeve;
  for (std::size_t i = 0; i < arguments.size() && !verbs_of(*at).empty(); ++i) {
    const std::string& word = arguments[i];
    if (word.starts_with("-")) {
      const CLI::Option* const option = option_named(reeve, word);
      if (option == nullptr && word.starts_with("--")) return unknown_option(*at, word);
      if (option != nullptr && option->check_name("--help")) return {};
      if (option != nullptr && has_value_behind(*option, word)) ++i;
      continue;
    }
    const CLI::App* const verb = verb_named(*at, word);
    if (verb == nullptr) return unknown_verb(*at, word);
    at = verb;
  }
  return at != &reeve && !verbs_of(*at).empty() ? verb_missing(*at) : std::string{};
}

std::string slip_in_rest(const CLI::App& verb, const std::vector<std::string>& arguments, bool takes_after_dashes) {
  const CLI::App* reeve = &verb;
  while (reeve->get_parent() != nullptr) reeve = reeve->get_parent();
  const std::vector<std::string> left = reeve->remaining(true);
  const auto is_left = [&left](const std::string& word) { return std::find(left.begin(), left.end(), word) != left.end(); };
  const auto first = std::find_if(arguments.begin(), arguments.end(), is_left);
  if (first == arguments.end()) return "this is not understood; " + see_help(verb);
  if (first->starts_with("-")) return unknown_option(verb, *first);
  if (!takes_after_dashes) return in_quotes(*first) + " is one argument too many; " + see_help(verb);
  std::string command{};
  for (auto word = first; word != arguments.end(); ++word) command += " " + *word;
  return "put the command after two dashes: reeve " + verb.get_name() + " --" + command;
}

}  // namespace reeve::cli
