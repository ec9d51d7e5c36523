// A plugin that was loaded, and all that were. See sdk/plugin/reeve_plugin.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "executors/outcome.hpp"
#include "executors/thread/library.hpp"
#include "sdk/plugin/reeve_plugin.h"

namespace reeve::executors::thread {

class Plugin {
 public:
  // Initialised; what fails is named with the path. Blocks as long as its init() does.
  [[nodiscard]] static std::variant<std::shared_ptr<const Plugin>, SpawnFailed> begin(Library library, const std::string& path);
  ~Plugin();                           // its close(), then unloads it
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  [[nodiscard]] const reeve_plugin_v1_description& description() const { return description_; }
  [[nodiscard]] bool is(const Library& library) const { return library == library_; }

 private:
  Plugin(Library library, const reeve_plugin_v1_description& description) : library_(std::move(library)), description_(description) {}

  Library library_;
  const reeve_plugin_v1_description& description_;
};

// Each library once, whatever number of paths lead to it. One that failed is tried again when it is asked for again.
class Plugins {
 public:
  // Any thread; one plugin is loaded at a time. What is answered lives as long as this.
  [[nodiscard]] std::variant<const Plugin*, SpawnFailed> find(const std::string& path);

 private:
  [[nodiscard]] std::shared_ptr<const Plugin> known(const Library& library) const;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Plugin>, std::less<>> by_path_;   // shared by the paths that lead to the same library
};

}  // namespace reeve::executors::thread
