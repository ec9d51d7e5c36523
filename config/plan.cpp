#include "config/plan.hpp"

#include <array>
#include <map>
#include <set>

#include "config/document.hpp"
#include "config/values.hpp"

namespace reeve::config {

namespace {

struct Key {
  std::string handler{};
  std::string value{};
};

// A configuration as a flat map of its keys.
struct Flat {
  std::map<std::string, Key> keys{};
  std::set<std::string> kinds{};
};

std::string below(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

void flatten(const Node& node, const std::string& path, const std::string& handler, Flat& flat) {
  if (node.type != Node::Type::mapping || node.entries.empty()) {
    flat.keys[path] = {handler, to_json(node)};
    return;
  }
  for (const Entry& entry : node.entries) flatten(entry.value, below(path, entry.key), handler, flat);
}

void flatten_file(const Node& root, Flat& flat) {
  for (const Entry& section : root.entries) {
    if (section.key != "handlers") {
      flatten(section.value, section.key, {}, flat);
      continue;
    }
    for (const Entry& handler : section.value.entries) {
      flat.kinds.insert(handler.key);
      flatten(handler.value, below("handlers", handler.key), handler.key, flat);
    }
  }
}

Flat flat_of(const Bundle& bundle) {
  Flat flat;
  for (const BundledFile& file : bundle) {
    if (file.role == Role::schema) {
      flat.keys["file " + file.name] = {{}, file.text};
      continue;
    }
    std::vector<Finding> findings;
    const std::optional<Node> root = read_document(file.text, file.name, findings);
    if (root) flatten_file(*root, flat);
  }
  return flat;
}

// Of a file that a key names only its place is shown.
std::optional<std::string> shown_value(const Flat& flat, const std::string& path) {
  const auto at = flat.keys.find(path);
  if (at == flat.keys.end()) return std::nullopt;
  return path.starts_with("file ") ? "\"" + std::to_string(at->second.value.size()) + " bytes\"" : at->second.value;
}

std::string handler_of(const Flat& before, const Flat& after, const std::string& path) {
  if (const auto at = after.keys.find(path); at != after.keys.end()) return at->second.handler;
  return before.keys.at(path).handler;
}

bool same(const Flat& before, const Flat& after, const std::string& path) {
  const auto left = before.keys.find(path);
  const auto right = after.keys.find(path);
  return left != before.keys.end() && right != after.keys.end() && left->second.value == right->second.value;
}

}  // namespace

bool takes_restart(std::string_view path) {
  constexpr std::array sections{"store.", "api."};
  constexpr std::array keys{"outbox", "supervisor.name", "supervisor.ad_hoc_commands", "supervisor.threads"};
  for (const char* section : sections)
    if (path.starts_with(section)) return true;
  for (const char* key : keys)
    if (path == key) return true;
  return path.starts_with("log.") && path != "log.task_output";
}

Plan plan_between(const Bundle& before, const Bundle& after) {
  const Flat old = flat_of(before);
  const Flat fresh = flat_of(after);
  std::set<std::string> paths;
  for (const auto& [path, key] : old.keys) paths.insert(path);
  for (const auto& [path, key] : fresh.keys) paths.insert(path);
  Plan plan;
  std::set<std::string> touched;
  for (const std::string& path : paths) {
    if (same(old, fresh, path)) continue;
    Change change{.path = path, .handler = handler_of(old, fresh, path), .before = shown_value(old, path), .after = shown_value(fresh, path), .restart = takes_restart(path)};
    if (!change.handler.empty()) touched.insert(change.handler);
    plan.changes.push_back(std::move(change));
  }
  for (const std::string& kind : fresh.kinds)
    if (!old.kinds.contains(kind)) plan.added.push_back(kind);
  for (const std::string& kind : old.kinds)
    if (!fresh.kinds.contains(kind)) plan.removed.push_back(kind);
  for (const std::string& kind : touched)
    if (old.kinds.contains(kind) && fresh.kinds.contains(kind)) plan.changed.push_back(kind);
  return plan;
}

}  // namespace reeve::config
