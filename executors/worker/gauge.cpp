#include "executors/worker/gauge.hpp"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace reeve::executors::worker {

Gauge::Gauge(int pid) : statm_(::open(("/proc/" + std::to_string(pid) + "/statm").c_str(), O_RDONLY | O_CLOEXEC)) {
  clockid_t clock{};
  if (::clock_getcpuclockid(pid, &clock) == 0) clock_ = clock;
}

std::chrono::nanoseconds Gauge::cpu() const {
  timespec time{};
  if (!clock_ || ::clock_gettime(*clock_, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::optional<std::int64_t> Gauge::resident() const {
  std::array<char, 128> text;
  const auto count = ::pread(statm_.get(), text.data(), text.size(), 0);
  if (count <= 0) return std::nullopt;
  const std::string_view fields(text.data(), static_cast<std::size_t>(count));   // size resident ...
  const auto space = fields.find(' ');
  std::int64_t pages = 0;
  if (space == std::string_view::npos || std::from_chars(fields.data() + space + 1, fields.data() + fields.size(), pages).ec != std::errc()) return std::nullopt;
  static const auto page_bytes = ::sysconf(_SC_PAGESIZE);
  return pages * page_bytes;
}

}  // namespace reeve::executors::worker
