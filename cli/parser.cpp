#include "cli/parser.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>

#include "cli/slip.hpp"

namespace reeve::cli {
namespace {

// Examples first: what a verb is good for is seen before what it accepts.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    std::ostringstream help{};
    help << make_description(app);
    const auto examples = examples_.find(app);
    if (examples != examples_.end() && !examples->second.empty()) help << "\nExamples:\n" << examples->second << "\n";
    help << make_usage(app, path_of(app, name)) << make_positionals(app) << make_groups(app, mode) << make_subcommands(app, mode);
    return help.str();
  }
  // "reeve store check": as it is typed.
  static std::string path_of(const CLI::App* app, const std::string& name) {
    std::string path = app->get_parent() == nullptr ? name : app->get_name();
    for (app = app->get_parent(); app != nullptr; app = app->get_parent()) path = app->get_name() + " " + path;
    return path;
  }
  void remember(const CLI::App* app, const std::string& examples) { examples_[app] = examples; }

 private:
  std::map<const CLI::App*, std::string> examples_{};
};

class ParserGrammar final : public Grammar {
 public:
  ParserGrammar(CLI::App& app, const std::vector<std::string>& after_dashes) : app_(app), after_dashes_(after_dashes) {}

  void flag(const std::string& names, bool& into, const std::string& help) override { app_.add_flag(names, into, help); }
  void option(const std::string& names, std::optional<std::string>& into, const std::string& metavar, const std::string& help) override {
    app_.add_option_function<std::string>(names, [&into](const std::string& text) { into = text; }, help)->type_name(metavar);
  }
  void option(const std::string& names, std::optional<int>& into, const std::string& metavar, const std::string& help) override {
    const auto read = [&into, names](const std::string& text) { into = number_in(names, text); };
    app_.add_option_function<std::string>(names, read, help)->type_name(metavar);
  }
  void option(const std::string& names, std::vector<std::string>& into, const std::string& metavar, const std::string& help) override {
    repeated(names, into, help)->type_name(metavar);
  }
  void required(const std::string& name, std::string& into, const std::string& help) override {
    app_.add_option(name, into, help)->required()->type_name("");
  }
  void optional(const std::string& name, std::optional<std::string>& into, const std::string& help) override {
    app_.add_option_function<std::string>(name, [&into](const std::string& text) { into = text; }, help)->type_name("");
  }
  void rest(const std::string& name, std::vector<std::string>& into, const std::string& help) override {
    repeated(name, into, help)->type_name("");
  }
  void after_dashes(const std::string& name, std::vector<std::string>& into) override {
    takes_after_dashes_ = true;
    app_.footer("After `--`: " + name);
    into = after_dashes_;
  }
  [[nodiscard]] bool takes_after_dashes() const { return takes_after_dashes_; }

 private:
  static int number_in(const std::string& names, const std::string& text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc{} && end == text.data() + text.size()) return number;
    throw CLI::ValidationError(names, "\"" + text + "\" is no number, or one too large");
  }

  CLI::Option* repeated(const std::string& names, std::vector<std::string>& into, const std::string& help) {
    // Without extra arguments CLI11 does not take "[a,b]" apart: texts stay what they are.
    return app_.add_option(names, into, help)->allow_extra_args(names.front() != '-');
  }

  CLI::App& app_;
  const std::vector<std::string>& after_dashes_;
  bool takes_after_dashes_ = false;
};

void add_global_options(CLI::App& app, GlobalOptions& globals) {
  app.add_option("--socket", globals.socket, "the daemon's socket (also REEVE_SOCKET)")->type_name("PATH");
  app.add_option("-c,--config", globals.config, "the configuration file (also REEVE_CONFIG)")->type_name("FILE");
  app.add_option("--color,--colour", globals.colour, "auto, always or never")->type_name("WHEN")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("--json", globals.json, "what the API answers: one JSON object, or one a line");
  app.add_flag("--raw", globals.raw, "do not neutralise control characters of tasks");
  app.add_flag("-y,--yes", globals.yes, "do not ask before changing many tasks");
}

std::vector<std::string> cut_after_dashes(std::vector<std::string>& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return {};
  std::vector<std::string> after(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  return after;
}

class Parser {
 public:
  Parser(const Verbs& verbs, GlobalOptions& globals, const std::vector<std::string>& after_dashes) {
    app_.formatter(formatter_);
    app_.set_help_flag("-h,--help", "this text");
    formatter_->remember(&app_, "  reeve serve                       a daemon with defaults, no configuration needed\n"
                                "  reeve run -- make -j4             run a command as a task, see its output\n"
                                "  reeve enqueue report '{\"n\":1}'    hand work to a handler\n"
                                "  reeve                             what goes on\n"
                                "  reeve why 17                      why task 17 does not run\n");
    add_global_options(app_, globals);
    app_.require_subcommand(0, 1);
    for (const auto& verb : verbs) add(*verb, after_dashes);
  }

  Parsed parse(std::vector<std::string> arguments, const Verbs& verbs, bool has_dashes) {
    if (const std::string slip = slip_in_verb(app_, arguments); !slip.empty()) return RefuseUsage{slip};
    try {
      app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
      return ShowHelp{help()};
    } catch (const CLI::ExtrasError&) {
      return RefuseUsage{slip_in_rest(*innermost(), arguments, takes_after_dashes())};
    } catch (const CLI::ParseError& error) {
      return RefuseUsage{std::string(error.what()) + "; see " + name_of_meant() + " --help"};
    }
    return meant(verbs, has_dashes);
  }

 private:
  struct Entry {
    CLI::App* app;
    Verb* verb;
    bool takes_after_dashes;
  };

  void add(Verb& verb, const std::vector<std::string>& after_dashes) {
    const About about = verb.about();
    CLI::App* parent = &app_;
    std::string name = about.name;
    if (const std::size_t space = name.find(' '); space != std::string::npos) {
      parent = noun(name.substr(0, space));
      name.erase(0, space + 1);
    }
    CLI::App* app = parent->add_subcommand(name, about.summary);
    app->fallthrough();
    formatter_->remember(app, about.examples);
    ParserGrammar grammar(*app, after_dashes);
    verb.declare(grammar);
    entries_.push_back({app, &verb, grammar.takes_after_dashes()});
  }

  CLI::App* noun(const std::string& name) {
    if (CLI::App* known = find(name)) return known;
    CLI::App* app = app_.add_subcommand(name, "verbs about the " + name);
    app->require_subcommand(1)->fallthrough();
    return app;
  }

  CLI::App* find(const std::string& name) {
    for (CLI::App* app : app_.get_subcommands([](CLI::App*) { return true; }))
      if (app->get_name() == name) return app;
    return nullptr;
  }

  bool takes_after_dashes() {
    const CLI::App* const app = innermost();
    return std::any_of(entries_.begin(), entries_.end(), [app](const Entry& entry) { return entry.app == app && entry.takes_after_dashes; });
  }

  CLI::App* innermost() {
    CLI::App* app = &app_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return app;
  }

  std::string help() { return innermost()->help(); }
  std::string name_of_meant() {
    std::string name{};
    for (CLI::App* app = innermost(); app != &app_; app = app->get_parent()) name = " " + app->get_name() + name;
    return "reeve" + name;
  }

  Parsed meant(const Verbs& verbs, bool has_dashes) {
    const CLI::App* app = innermost();
    for (const Entry& entry : entries_) {
      if (entry.app != app) continue;
      if (has_dashes && !entry.takes_after_dashes) return RefuseUsage{"`--` means nothing here; see " + name_of_meant() + " --help"};
      return RunVerb{entry.verb};
    }
    for (const auto& verb : verbs)
      if (verb->about().name == "status") return RunVerb{verb.get()};
    return ShowHelp{app_.help()};
  }

  std::shared_ptr<HelpFormatter> formatter_ = std::make_shared<HelpFormatter>();  // two owners: CLI11 wants to share it
  CLI::App app_{"reeve: a durable task supervisor", "reeve"};
  std::vector<Entry> entries_{};
};

}  // namespace

Parsed parse(std::vector<std::string> arguments, const Verbs& verbs, GlobalOptions& globals) {
  const bool has_dashes = std::find(arguments.begin(), arguments.end(), "--") != arguments.end();
  const std::vector<std::string> after_dashes = cut_after_dashes(arguments);
  Parser parser(verbs, globals, after_dashes);
  return parser.parse(std::move(arguments), verbs, has_dashes);
}

}  // namespace reeve::cli
