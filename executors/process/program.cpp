#include "executors/process/program.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace reeve::executors::process {
namespace {

bool is_file(const std::string& path, struct stat& about) { return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode); }

}  // namespace

std::string find_program(const std::string& command, std::string_view path) {
  if (command.find('/') != std::string::npos) return command;
  std::string fallback = command;
  while (!path.empty()) {
    const auto colon = path.find(':');
    const auto folder = path.substr(0, colon);
    path.remove_prefix(colon == std::string_view::npos ? path.size() : colon + 1);
    const std::string candidate = (folder.empty() ? std::string(".") : std::string(folder)) + "/" + command;
    struct stat about{};
    if (!is_file(candidate, about)) continue;
    if ((about.st_mode & 0111) != 0) return candidate;
    if (fallback == command) fallback = candidate;
  }
  return fallback;
}

std::string explain_exec(const std::string& path, int error) {
  struct stat about{};
  const bool exists = ::stat(path.c_str(), &about) == 0;
  const std::string head = "command: " + path + ": ";
  if (exists && S_ISDIR(about.st_mode)) return head + "is a folder; name the program in it";
  switch (error) {
    case ENOENT:
      if (exists) return head + "its interpreter does not exist; check its #! line (or, for a binary, install its loader)";
      if (path.find('/') == std::string::npos) return head + "is not in the PATH of the handler; write its full path or set env.PATH";
      return head + "does not exist; install it or correct the path";
    case EACCES:
      if (exists && (about.st_mode & 0111) == 0) return head + "is not executable; chmod 0755 " + path;
      return head + "may not be executed by the handler's user; check the modes of the path and of its interpreter, and noexec mounts";
    case ENOEXEC: return head + "is neither a binary of this machine nor a script; a script begins with #!/bin/sh or the like";
    case ENOTDIR: return head + "a part of the path is not a folder; correct the path";
    case ETXTBSY: return head + "is being written at the moment; install programs with rename, not by writing over them";
    case E2BIG: return head + "its arguments and environment are too long together; hand data over on stdin";
    case ELOOP: return head + "too many symbolic links, or an interpreter that is a script of itself; correct the path";
    default: return head + std::generic_category().message(error);
  }
}

}  // namespace reeve::executors::process
