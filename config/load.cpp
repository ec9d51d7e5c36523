#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "config/bytes.hpp"
#include "config/configuration.hpp"
#include "config/document.hpp"
#include "config/include.hpp"
#include "config/sections.hpp"
#include "config/source.hpp"
#include "handlers/schedule.hpp"

namespace reeve::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t included_max = 256;

// Reads the main file and then what it includes into one result.
class Loader {
 public:
  explicit Loader(const Environment& environment) : environment_(environment) {}

  Loaded load(const std::string& path) {
    auto source = read_source(path, file_bytes_max);
    if (const auto* fault = std::get_if<SourceFault>(&source)) {
      loaded_.configuration.files.push_back(path);
      loaded_.errors.push_back({path, 0, 0, {}, fault->message});
      return std::move(loaded_);
    }
    return parse(std::get<SourceText>(source).bytes, path);
  }

  Loaded parse(std::string_view text, const std::string& name) {
    const std::optional<Node> root = read_file(text, name, file_table());
    if (root) {
      if (const Node* include = root->find("include")) follow(*include, name);
      check_whole(*root, name);
    }
    in_text_order(loaded_.errors);
    in_text_order(loaded_.warnings);
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

  Reading reading_of(const std::string& name) { return Reading{name, absolute_folder(name), environment_, loaded_}; }

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
      const Included included = included_files(fs::path{name}.parent_path().string(), *text);
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
    auto source = read_source(file, file_bytes_max);
    if (const auto* fault = std::get_if<SourceFault>(&source)) return reading.error(pattern.place, "the file " + shown(file) + " " + fault->message);
    read_file(std::get<SourceText>(source).bytes, file, included_table());
  }

  void check_whole(const Node& root, const std::string& name) {
    const Configuration& configuration = loaded_.configuration;
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
      loaded_.errors.push_back({name, 0, 0, "schedules." + schedule->name + ".kind",
                                "no handler has the kind \"" + schedule->wish.kind + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?") +
                                    " (the schedule is declared at " + schedule->declared_at + ")"});
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
  Loaded loaded_{};
  std::set<std::string> included_{};
};

}  // namespace

std::string to_text(const Finding& finding) {
  std::string text = finding.file;
  if (finding.line > 0) text += ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
  return text + ": " + (finding.path.empty() ? "" : finding.path + ": ") + finding.message;
}

Loaded load(const std::string& path, const Environment& environment) { return Loader{environment}.load(path); }

Loaded parse(std::string_view text, const std::string& name, const Environment& environment) { return Loader{environment}.parse(text, name); }

Configuration defaults() { return {}; }

}  // namespace reeve::config
