#include "executors/process/proc.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

#include "executors/utf8.hpp"

namespace reeve::executors::process {
namespace {

constexpr std::size_t longest_command = 200;

std::string path_of(int pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

std::vector<int> whole_number(std::string_view text) {   // none when anything else is in it
  return text.find_first_not_of("0123456789") == std::string_view::npos ? parse_pids(text) : std::vector<int>{};
}

std::vector<int> numbers_in(const std::string& path) {
  std::vector<int> numbers;
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  while (folder) {
    const dirent* entry = ::readdir(folder.get());
    if (entry == nullptr) break;
    for (const int number : whole_number(entry->d_name)) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

std::string read_file(const std::string& path) {
  std::string text;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  while (file) {
    const auto count = ::read(file.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

std::optional<ProcessStat> read_stat(int pid) {
  const std::string text = read_file(path_of(pid, "stat"));
  const auto name_end = text.rfind(')');   // the name may hold anything
  if (name_end == std::string::npos) return std::nullopt;
  ProcessStat stat;
  const int fields = std::sscanf(text.c_str() + name_end + 1, " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d",
                                 &stat.state, &stat.parent, &stat.group, &stat.session, &stat.threads);
  if (fields != 5) return std::nullopt;
  return stat;
}

std::string read_environment(int pid) { return read_file(path_of(pid, "environ")); }

bool has_entry(std::string_view environment, std::string_view entry) {
  while (!environment.empty()) {
    const auto end = environment.find('\0');
    if (environment.substr(0, end) == entry) return true;
    environment.remove_prefix(end == std::string_view::npos ? environment.size() : end + 1);
  }
  return false;
}

std::string read_command(int pid) {
  std::string text = read_file(path_of(pid, "cmdline"));
  if (text.empty()) text = read_file(path_of(pid, "comm"));
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n')) text.pop_back();
  for (char& letter : text) {
    if (letter == '\0') letter = ' ';
  }
  return to_utf8(text.substr(0, longest_command));
}

std::vector<int> parse_pids(std::string_view text) {
  std::vector<int> pids;
  const char* at = text.data();
  const char* end = at + text.size();
  while (at != end) {
    int pid = 0;
    const auto [next, error] = std::from_chars(at, end, pid);
    if (error == std::errc() && pid > 0) pids.push_back(pid);
    at = next == at ? at + 1 : next;
  }
  return pids;
}

std::vector<int> children_of(int pid) {
  std::vector<int> children;
  const std::string tasks = path_of(pid, "task");
  for (const int thread : numbers_in(tasks)) {
    const auto some = parse_pids(read_file(tasks + "/" + std::to_string(thread) + "/children"));
    children.insert(children.end(), some.begin(), some.end());
  }
  return children;
}

std::vector<int> all_processes() { return numbers_in("/proc"); }

Descriptor open_pidfd(int pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

bool has_exited(int pidfd) { return wait_for_exit(pidfd, std::chrono::milliseconds(0)); }

bool wait_for_exit(int pidfd, std::chrono::milliseconds at_most) {
  pollfd watch{pidfd, POLLIN, 0};
  return ::poll(&watch, 1, static_cast<int>(at_most.count())) == 1;
}

void send_signal(const Descriptor& pidfd, int number) { ::syscall(SYS_pidfd_send_signal, pidfd.get(), number, nullptr, 0); }

}  // namespace reeve::executors::process
