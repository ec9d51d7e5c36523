#include "executors/process/cgroup_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

std::string problem_of(const std::string& path, int error) { return path + ": " + std::generic_category().message(error); }

int write_cgroup_file(int folder, const char* file, std::string_view text) {
  const Descriptor opened(::openat(folder, file, O_WRONLY | O_CLOEXEC));
  if (!opened) return errno;
  return ::write(opened.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : errno;
}

std::string read_cgroup_file(int folder, const char* file) {
  std::string text;
  const Descriptor opened(::openat(folder, file, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; opened && (count = ::read(opened.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text;
}

std::int64_t number_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    std::int64_t number = 0;
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), number);
      return number;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return 0;
}

int make_folder_of_own(std::string& folder) {
  const std::string wanted = folder;
  for (int again = 1; ::mkdir(folder.c_str(), 0755) != 0; ++again) {
    if (errno != EEXIST || again > 100) return errno;
    folder = wanted + "." + std::to_string(again);
  }
  return 0;
}

}  // namespace reeve::executors::process
