#include "executors/thread/plugin.hpp"

#include <dlfcn.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

namespace reeve::executors::thread {
namespace {

using Description = reeve_plugin_v1_description;

// A plugin that was compiled with the first edition of the header has this much.
constexpr std::size_t least_size = offsetof(Description, run) + sizeof(Description::run);

std::optional<std::string> fault_in(const Description* description) {
  if (description == nullptr) return "reeve_plugin_v1() answers null; return the address of a description";
  if (description->abi != REEVE_PLUGIN_ABI)
    return "speaks version " + std::to_string(description->abi) + " of the plugin interface, this reeve " + std::to_string(REEVE_PLUGIN_ABI) +
           "; compile it with the reeve_plugin.h of this reeve";
  if (description->size < least_size)
    return "its description has " + std::to_string(description->size) + " bytes, at least " + std::to_string(least_size) +
           " are needed; set size to sizeof(reeve_plugin_v1_description)";
  if (description->run == nullptr) return "its description has no run()";
  return std::nullopt;
}

std::string said(const std::array<char, 512>& problem) {
  const std::string words(problem.data());
  return words.empty() ? std::string() : ": " + words;
}

std::optional<std::string> fault_at_start(const Description& description) {
  if (description.init == nullptr) return std::nullopt;
  std::array<char, 512> problem{};
  const int answer = description.init(problem.data(), problem.size());
  problem.back() = '\0';
  if (answer == 0) return std::nullopt;
  return "its init() answered " + std::to_string(answer) + said(problem);
}

}  // namespace

std::variant<std::shared_ptr<const Plugin>, SpawnFailed> Plugin::begin(Library library, const std::string& path) {
  auto* const entry = reinterpret_cast<decltype(&reeve_plugin_v1)>(::dlsym(library.get(), "reeve_plugin_v1"));
  if (entry == nullptr) return plugin_failed(ENOEXEC, path, "exports no reeve_plugin_v1(); see reeve_plugin.h");
  const Description* description = entry();
  if (auto fault = fault_in(description)) return plugin_failed(ENOEXEC, path, *fault);
  if (auto fault = fault_at_start(*description)) return plugin_failed(ECANCELED, path, *fault);
  return std::shared_ptr<const Plugin>(new Plugin(std::move(library), *description));
}

Plugin::~Plugin() {
  if (description_.close != nullptr) description_.close();
}

std::variant<const Plugin*, SpawnFailed> Plugins::find(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (const auto at = by_path_.find(path); at != by_path_.end()) return at->second.get();
  auto library = open_library(path);
  if (auto* failed = std::get_if<SpawnFailed>(&library)) return std::move(*failed);
  auto plugin = known(std::get<Library>(library));
  if (!plugin) {
    auto begun = Plugin::begin(std::move(std::get<Library>(library)), path);
    if (auto* failed = std::get_if<SpawnFailed>(&begun)) return std::move(*failed);
    plugin = std::get<std::shared_ptr<const Plugin>>(std::move(begun));
  }
  return by_path_.emplace(path, std::move(plugin)).first->second.get();
}

// dlopen() answers the same library for another path of the same file.
std::shared_ptr<const Plugin> Plugins::known(const Library& library) const {
  for (const auto& [path, plugin] : by_path_) {
    if (plugin->is(library)) return plugin;
  }
  return nullptr;
}

}  // namespace reeve::executors::thread
