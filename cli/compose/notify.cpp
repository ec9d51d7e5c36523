#include "cli/compose/notify.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace reeve::cli::compose {
namespace {

// A status is one line: a line feed would start another assignment.
std::string as_one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text;
}

// The service manager compares this with its own clock to know that READY belongs to this reload.
std::int64_t monotonic_usec() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return std::int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1'000;
}

// NOTIFY_SOCKET stays for sd_notify; handlers get an environment of their own and never see it.
void forget_own_variables() {
  for (const char* name : {"WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) unsetenv(name);
}

}  // namespace

ServiceManager::ServiceManager() {
  std::uint64_t usec = 0;
  if (sd_watchdog_enabled(0, &usec) > 0) watchdog_interval_ = std::chrono::microseconds{usec};
  forget_own_variables();
}

void ServiceManager::ready(const std::string& status) const { sd_notify(0, ("READY=1\nSTATUS=" + as_one_line(status)).c_str()); }

void ServiceManager::reloading() const {
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_usec()) + "\nSTATUS=reading the configuration").c_str());
}

void ServiceManager::stopping(const std::string& status) const { sd_notify(0, ("STOPPING=1\nSTATUS=" + as_one_line(status)).c_str()); }

void ServiceManager::status(const std::string& text) const { sd_notify(0, ("STATUS=" + as_one_line(text)).c_str()); }

void ServiceManager::watchdog() const { sd_notify(0, "WATCHDOG=1"); }

}  // namespace reeve::cli::compose
