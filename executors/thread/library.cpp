#include "executors/thread/library.hpp"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>

#include "executors/utf8.hpp"

namespace reeve::executors::thread {
namespace {

std::string words(int error) { return std::generic_category().message(error); }

std::string octal(mode_t mode) {
  std::string digits;
  for (int shift = 9; shift >= 0; shift -= 3) digits += static_cast<char>('0' + ((mode >> shift) & 7));
  return digits;
}

// Why the thing called `name` cannot be trusted; nothing when it can.
std::optional<std::string> distrust(const std::string& name, const struct stat& facts) {
  if (facts.st_uid != 0 && facts.st_uid != ::geteuid())
    return name + " belongs to user " + std::to_string(facts.st_uid) + ", who could change what the daemon runs; chown it to root";
  if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return name + " may be written by others than its owner (mode " + octal(facts.st_mode & 07777) + "); chmod go-w";
  return std::nullopt;
}

std::string folder_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == 0 ? "/" : file.substr(0, slash);
}

std::optional<SpawnFailed> refusal(const std::string& path, const std::string& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return plugin_failed(errno, path, words(errno));
  if (!S_ISREG(facts.st_mode)) return plugin_failed(EINVAL, path, "is no regular file; write the path of a shared library");
  if (auto why = distrust("the file", facts)) return plugin_failed(EPERM, path, *why);
  struct stat folder {};
  if (::stat(folder_of(file).c_str(), &folder) != 0) return plugin_failed(errno, path, "its folder cannot be examined: " + words(errno));
  if (auto why = distrust("the folder " + folder_of(file), folder)) return plugin_failed(EPERM, path, *why);
  return std::nullopt;
}

}  // namespace

void Unload::operator()(void* library) const { ::dlclose(library); }

SpawnFailed plugin_failed(int error, const std::string& path, const std::string& what) {
  return {"plugin", error, to_utf8("the plugin " + path + ": " + what)};
}

std::variant<Library, SpawnFailed> open_library(const std::string& path) {
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos)
    return plugin_failed(EINVAL, path, "is no absolute path; write one that begins with /");
  const std::unique_ptr<char, decltype(&::free)> resolved(::realpath(path.c_str(), nullptr), &::free);
  if (!resolved) return plugin_failed(errno, path, errno == ENOENT ? "there is no such file; install it or correct the path" : words(errno));
  const std::string file = resolved.get();
  if (auto refused = refusal(path, file)) return std::move(*refused);
  if (void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return Library(library);
  const char* why = ::dlerror();
  return plugin_failed(ENOEXEC, path, std::string("cannot be loaded: ") + (why ? why : "the loader does not say why"));
}

}  // namespace reeve::executors::thread
