// What a body used, put together from what the kernel tells at its end and what can only be seen while it lives.
//
//   CPU      of the first process and all descendants that were waited for; with cgroups of every process, also of those that were killed
//   memory   with limits.memory in a cgroup: the peak of the whole tree, file cache included. Otherwise the largest single process. A child is
//            made on the daemon's memory, so the kernel counts the daemon's own peak as the child's first: a body that stayed below is known only
//            by looking now and then while it runs, and what it grew after the last look is missed. 0: it ended before the first look
//   I/O      what went to and came from storage (/proc/PID/io), of the first process and all descendants that were waited for
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdint>

#include "executors/bell.hpp"
#include "executors/outcome.hpp"
#include "executors/process/containment.hpp"

namespace reeve::executors::process {

// Looks at the peak of a living process, at once often and then ever more rarely: it is a peak, so the last look counts.
class MemoryGauge {
 public:
  [[nodiscard]] Bell::Moment next() const { return next_; }
  void look_when_due(int pid);
  [[nodiscard]] std::int64_t peak_kib() const { return peak_kib_; }

 private:
  std::chrono::milliseconds pause_{5};
  Bell::Moment next_ = Bell::after(pause_);
  std::int64_t peak_kib_ = 0;
};

struct StorageUse {
  std::int64_t read_bytes = -1;    // -1: may not be read
  std::int64_t write_bytes = -1;
};
[[nodiscard]] StorageUse storage_use_of(int pid);   // of a process that has exited but was not reaped, too

[[nodiscard]] ResourceUse use_of(const rusage& usage, const StorageUse& storage, const MemoryGauge& gauge, const Tree& tree);

}  // namespace reeve::executors::process
