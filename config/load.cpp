#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "config/bytes.hpp"
#include "config/configuration.hpp"
#include "config/document.hpp"
#include "config/include.hpp"
#include "config/sections.hpp"
#include "config/sources.hpp"
#include "handlers/schedule.hpp"

namespace reeve::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t included_max = 256;

// Reads the main file and then what it includes into one result.
class Loader {
 public:
  Loader(const Environment& environment, const Bundle* given) : environment_(environment), sources_(given) {}

  Loaded load(const std::string& path) {
    auto source = sources_.read(Role::main, path, file_bytes_max);
    if (const auto* fault = std::get_if<SourceFault>(&source)) {
      loaded_.configuration.files.push_back(path);
      loaded_.errors.push_back({path, 0, 0, {}, fault->message});
      return std::move(loaded_);
    }
    return parse(std::get<SourceText>(source).bytes, path);
  }

  Loaded parse(std::string_view text, const std::string& name) {
    sources_.keep(Role::main, name, text);
    const std::optional<Node> root = read_file(text, name, file_table());
    if (root) {
      if (const Node* include = root->find("include")) follow(*include, name);
      check_whole(*root, name);
    }
    in_text_order(loaded_.errors);
    in_text_order(loaded_.warnings);
    loaded_.sources = sources_.take();
    return std::move(loaded_);
  }

 private:
  std::optional<Node> read_file(std::string_view text, const std::string& name, const Table<Configuration>& table) {
    loaded_.configuration.files.push_back(name);
    std::optional<Node> root = read_document(text, name, loaded_.errors);
    if (!root || root->type == Node::Type::nothing) return root;
    Reading reading = reading_of(name);
    read_section(reading, *root, table, loaded_.configuration);
    return root;
  }

  Reading reading_of(const std::string& name) { return Reading{name, absolute_folder(name), environment_, sources_, loaded_}; }

  static std::string absolute_folder(const std::string& name) {
    std::error_code error;
    const fs::path absolute = fs::absolute(name, error);
    return error ? std::string{} : absolute.lexically_normal().parent_path().string();
  }

  void follow(const Node& include, const std::string& name) {
    Reading reading = reading_of(name);
    const Reading::Step step{reading, "include"};
    for (const Node& pattern : patterns_of(reading, include)) {
      const auto text = read_filled_text(reading, pattern);
      if (!text) continue;
      const Included included = sources_.included(fs::path{name}.parent_path().string(), *text);
      if (!included.fault.empty()) reading.error(pattern.place, included.fault);
      else if (included.files.empty()) reading.warn(pattern.place, shown(*text) + " matches no file");
      for (const std::string& file : included.files) read_included(reading, pattern, file);
    }
  }

  // One pattern or a list of them.
  static std::vector<Node> patterns_of(Reading& reading, const Node& include) {
    if (include.type == Node::Type::list) return include.items;
    if (include.type == Node::Type::scalar) return {include};
    reading.error(include.place, described(include) + " was found, but a path is needed; write include: handlers.d/*.yaml");
    return {};
  }

  void read_included(Reading& reading, const Node& pattern, const std::string& file) {
    const std::string main = loaded_.configuration.files.front();
    if (fs::path{file}.lexically_normal() == fs::path{main}.lexically_normal()) return reading.error(pattern.place, "the file includes itself; choose a narrower pattern");
    if (!included_.insert(file).second) return;
    if (included_.size() == included_max + 1) reading.error(pattern.place, "more than " + std::to_string(included_max) + " files are included; put several handlers into one");
    if (included_.size() > included_max) return;
    auto source = sources_.read(Role::include, file, file_bytes_max);
    if (const auto* fault = std::get_if<SourceFault>(&source)) return reading.error(pattern.place, "the file " + shown(file) + " " + fault->message);
    read_file(std::get<SourceText>(source).bytes, file, included_table());
  }

  // A body that needs more than there is would wait for ever.
  void check_needs(const Node& root, const std::string& name) {
    Reading reading = reading_of(name);
    const Reading::Step step{reading, "handlers"};
    const Node* handlers = root.find("handlers");
    for (const handlers::Handler& handler : loaded_.configuration.handlers)
      for (const store::Room& need : handler.resources) {
        const Reading::Step kind{reading, handler.kind};
        const Node* node = handlers ? handlers->find(handler.kind) : nullptr;
        const Place place = node ? node->place : handlers ? handlers->place : root.place;
        const auto& resources = loaded_.configuration.supervisor.resources;
        const auto found = std::find_if(resources.begin(), resources.end(), [&](const auto& one) { return one.name == need.name; });
        if (found == resources.end())
          reading.error(place, "needs the resource " + need.name + ", which is not declared; write supervisor.resources." + need.name);
        else if (static_cast<std::size_t>(need.room) > found->units.size())
          reading.error(place, "needs " + std::to_string(need.room) + " of " + need.name + ", but there are " + std::to_string(found->units.size()) +
                                   "; raise supervisor.resources." + need.name + ", or need less");
      }
  }

  // A name stands for one handler, whatever file it is declared in.
  void check_aliases(const std::string& name) {
    std::map<std::string, const handlers::Handler*> owners;
    for (const handlers::Handler& handler : loaded_.configuration.handlers) owners.emplace(handler.kind, &handler);
    for (const handlers::Handler& handler : loaded_.configuration.handlers)
      for (const std::string& alias : handler.aliases) {
        const auto [owner, fresh] = owners.emplace(alias, &handler);
        if (fresh) continue;
        const std::string other = owner->second == &handler ? "is named twice" : "belongs to handlers." + owner->second->kind + " (" + owner->second->declared_at + ")";
        loaded_.errors.push_back(finding_at(handler.declared_at, name, "handlers." + handler.kind + ".aliases", "the alias " + shown(alias) + " " + other + "; keep one of them"));
      }
  }

  // `declared_at` is "reeve.yaml:14:3".
  static Finding finding_at(const std::string& declared_at, const std::string& name, std::string path, std::string message) {
    const std::size_t column = declared_at.rfind(':');
    const std::size_t line = column == std::string::npos || column == 0 ? std::string::npos : declared_at.rfind(':', column - 1);
    if (line == std::string::npos) return {name, 0, 0, std::move(path), std::move(message)};
    return {declared_at.substr(0, line), std::stoi(declared_at.substr(line + 1)), std::stoi(declared_at.substr(column + 1)), std::move(path), std::move(message)};
  }

  void check_whole(const Node& root, const std::string& name) {
    check_aliases(name);
    const Configuration& configuration = loaded_.configuration;
    check_needs(root, name);
    const Node* handlers = root.find("handlers");
    const Node* supervisor = root.find("supervisor");
    check_schedules(configuration, name);
    const bool limited = std::any_of(configuration.handlers.begin(), configuration.handlers.end(), [](const auto& h) { return h.concurrency.has_value(); }) ||
                         std::any_of(configuration.queues.begin(), configuration.queues.end(), [](const auto& q) { return q.concurrency.has_value(); }) ||
                         (supervisor && supervisor->find("concurrency"));
    if (limited || configuration.handlers.empty()) return;
    Reading reading = reading_of(name);
    const Reading::Step step{reading, "handlers"};
    reading.warn(handlers ? handlers->place : root.place,
                 "no limit anywhere: " + std::to_string(configuration.supervisor.concurrency) + " attempts of one kind may run at once; write supervisor.concurrency or a handler's concurrency");
  }

  // A schedule may stand before its handler, and in another file.
  void check_schedules(const Configuration& configuration, const std::string& name) {
    const handlers::Handlers handlers(configuration.handlers, configuration.queues);
    for (const auto& schedule : configuration.schedules) {
      if (handlers.find(schedule->wish.kind) != nullptr) continue;
      const std::string near = handlers.suggestion(schedule->wish.kind);
      loaded_.errors.push_back(finding_at(schedule->declared_at, name, "schedules." + schedule->name + ".kind",
                                          "no handler has the kind \"" + schedule->wish.kind + "\"" +
                                              (near.empty() ? "; declare it under handlers" : "; did you mean \"" + near + "\"?")));
    }
  }

  void in_text_order(std::vector<Finding>& findings) const {
    std::map<std::string, std::size_t> order;
    for (const std::string& file : loaded_.configuration.files) order.emplace(file, order.size());
    std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
      return std::tuple{order[a.file], a.line, a.column} < std::tuple{order[b.file], b.line, b.column};
    });
  }

  const Environment& environment_;
  Sources sources_;
  Loaded loaded_{};
  std::set<std::string> included_{};
};

}  // namespace

std::string to_text(const Finding& finding) {
  std::string text = finding.file;
  if (finding.line > 0) text += ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
  return text + ": " + (finding.path.empty() ? "" : finding.path + ": ") + finding.message;
}

Loaded load(const std::string& path, const Environment& environment) { return Loader{environment, nullptr}.load(path); }

Loaded load_bundle(const Bundle& bundle, const Environment& environment) { return Loader{environment, &bundle}.load(bundle.front().name); }

Loaded parse(std::string_view text, const std::string& name, const Environment& environment) { return Loader{environment, nullptr}.parse(text, name); }

Configuration defaults() { return {}; }

}  // namespace reeve::config
