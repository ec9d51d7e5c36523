#include <unistd.h>

#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "executors/process/proc.hpp"
#include "executors/scoreboard/view.hpp"

namespace reeve::executors::scoreboard {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

struct Process {
  char state = '?';
  std::uint64_t started = 0;   // nanoseconds, to a tick
};

// The fields of /proc/PID/stat after the name, which may hold anything: the state is the first of them, the start the twentieth.
std::optional<Process> look_at(std::int64_t pid) {
  const std::string stat = process::read_file("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  std::string_view rest = std::string_view(stat).substr(name_end + 2);
  Process process;
  process.state = rest.front();
  for (int skipped = 0; skipped < 19; ++skipped) {
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(space + 1);
  }
  std::uint64_t ticks = 0;
  if (std::from_chars(rest.data(), rest.data() + rest.size(), ticks).ec != std::errc{}) return std::nullopt;
  process.started = ticks * (second / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
  return process;
}

bool is_this_boot(const std::string& boot_id) {
  const std::string now = process::read_file("/proc/sys/kernel/random/boot_id");
  return now.starts_with(boot_id);
}

}  // namespace

Keeper keeper_of(const Sight& sight) {
  if (sight.pid <= 0 || sight.pid > std::numeric_limits<pid_t>::max() || !is_this_boot(sight.boot_id)) return Keeper::gone;
  const auto process = look_at(sight.pid);
  if (!process || process->state == 'Z' || process->state == 'X') return Keeper::gone;
  if (process->started > sight.started) return Keeper::gone;   // born after the board: another one with its number
  return process->state == 'T' || process->state == 't' ? Keeper::stopped : Keeper::alive;
}

}  // namespace reeve::executors::scoreboard
