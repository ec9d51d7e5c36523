// Opening a shared library, but only one that nobody can have changed who is not trusted anyway.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "executors/outcome.hpp"

namespace reeve::executors::thread {

struct Unload {
  void operator()(void* library) const;
};
using Library = std::unique_ptr<void, Unload>;   // of dlopen()

// The failure of the step "plugin" for `path`.
[[nodiscard]] SpawnFailed plugin_failed(int error, const std::string& path, const std::string& what);

// Refused are: a path that is not absolute, what is no regular file, and a file or folder that belongs to somebody else than root and the
// daemon's user, or that others may write to. Links are followed first. Blocks; the library's constructors run in here.
[[nodiscard]] std::variant<Library, SpawnFailed> open_library(const std::string& path);

}  // namespace reeve::executors::thread
