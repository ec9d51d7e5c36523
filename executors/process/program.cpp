#include "executors/process/program.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "executors/process/pipes.hpp"

namespace reeve::executors::process {
namespace {

bool is_file(const std::string& path, struct stat& about) { return ::stat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode); }

// Before, the process was called by the number of the descriptor in ps and top.
bool kernel_keeps_names() {
  utsname about{};
  int major = 0, minor = 0;
  if (::uname(&about) != 0 || std::sscanf(about.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 6 || (major == 6 && minor >= 14);
}

bool is_elf(const Descriptor& program) {
  const Descriptor file(::open(("/proc/self/fd/" + std::to_string(program.get())).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 4> start{};
  return file && ::read(file.get(), start.data(), start.size()) == 4 && std::string_view(start.data(), 4) == "\x7f" "ELF";
}

}  // namespace

Program open_program(const std::string& path, const std::string& cwd) {
  static const bool keeps_names = kernel_keeps_names();
  const Descriptor base(path.starts_with('/') ? -1 : ::open(cwd.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  Program program{Descriptor(::openat(base.get(), path.c_str(), O_PATH | O_CLOEXEC)), {}};
  struct stat about{};
  if (!program.file || ::fstat(program.file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return {};
  if ((about.st_mode & S_IWOTH) != 0 && ::geteuid() == 0) return {{}, path + ": everybody may write to it, and the daemon is root; chmod o-w " + path};
  if (!keeps_names || !is_elf(program.file) || !lift(program.file)) return {};
  return program;
}

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
