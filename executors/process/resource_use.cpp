#include "executors/process/resource_use.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "executors/process/cgroup_file.hpp"
#include "executors/process/proc.hpp"

namespace reeve::executors::process {
namespace {

constexpr std::chrono::milliseconds longest_sampling_pause{5000};
constexpr std::int64_t block_bytes = 512;   // the unit of ru_inblock

std::chrono::microseconds duration_of(const timeval& time) { return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec); }

std::int64_t largest_process_kib(const rusage& usage, const MemoryGauge& gauge) {
  rusage ours{};
  ::getrusage(RUSAGE_SELF, &ours);
  return usage.ru_maxrss > ours.ru_maxrss ? usage.ru_maxrss : gauge.peak_kib();
}

}  // namespace

void MemoryGauge::look_when_due(int pid) {
  if (!Bell::past(next_)) return;
  pause_ = std::min(pause_ * 2, longest_sampling_pause);
  next_ = Bell::after(pause_);
  const std::string status = read_file("/proc/" + std::to_string(pid) + "/status");
  const auto line = status.find("VmHWM:");   // missing once it has exited
  if (line != std::string::npos) peak_kib_ = std::atoll(status.c_str() + line + 6);
}

StorageUse storage_use_of(int pid) {
  const std::string io = read_file("/proc/" + std::to_string(pid) + "/io");
  if (io.empty()) return {};
  return {number_of(io, "read_bytes:"), number_of(io, "write_bytes:")};
}

ResourceUse use_of(const rusage& usage, const StorageUse& storage, const MemoryGauge& gauge, const Tree& tree) {
  ResourceUse use;
  const CpuTime whole_tree = tree.cpu();
  use.cpu_user = std::max(duration_of(usage.ru_utime), whole_tree.user);
  use.cpu_system = std::max(duration_of(usage.ru_stime), whole_tree.system);
  const std::int64_t tree_peak = tree.limits().peak_bytes();
  use.max_rss_kib = tree_peak > 0 ? tree_peak / 1024 : largest_process_kib(usage, gauge);
  use.read_bytes = storage.read_bytes >= 0 ? storage.read_bytes : usage.ru_inblock * block_bytes;
  use.write_bytes = storage.write_bytes >= 0 ? storage.write_bytes : usage.ru_oublock * block_bytes;
  return use;
}

}  // namespace reeve::executors::process
