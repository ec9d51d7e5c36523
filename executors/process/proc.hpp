// What /proc says about other processes. A pid read here may be recycled at any moment: before anything is done to a process it is opened
// as a pidfd and looked at again.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/process/descriptor.hpp"

namespace reeve::executors::process {

// The whole file, or empty.
[[nodiscard]] std::string read_file(const std::string& path);

struct ProcessStat {
  char state = '?';
  int parent = 0;
  int group = 0;
  int session = 0;
  int threads = 0;
  // A process whose first thread has ended while others run looks like a zombie too.
  [[nodiscard]] bool dead() const { return (state == 'Z' && threads <= 1) || state == 'X'; }
};

[[nodiscard]] std::optional<ProcessStat> read_stat(int pid);
[[nodiscard]] std::string read_environment(int pid);                      // NUL-separated; empty when it may not be read
[[nodiscard]] bool has_entry(std::string_view environment, std::string_view entry);
[[nodiscard]] std::string read_command(int pid);                          // valid UTF-8, at most 200 bytes
[[nodiscard]] std::vector<int> parse_pids(std::string_view text);
[[nodiscard]] std::vector<int> children_of(int pid);
[[nodiscard]] std::vector<int> all_processes();

[[nodiscard]] Descriptor open_pidfd(int pid);
[[nodiscard]] bool has_exited(int pidfd);
[[nodiscard]] bool wait_for_exit(int pidfd, std::chrono::milliseconds at_most);   // blocks
void send_signal(const Descriptor& pidfd, int number);

}  // namespace reeve::executors::process
