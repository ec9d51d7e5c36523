// What the service manager is told: readiness, reloads, a sentence of status, signs of life. Does nothing when nobody asked for it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace reeve::cli::compose {

class ServiceManager {
 public:
  // Reads what the service manager left in the environment, and takes what is meant for this process alone out of it. Call before the
  // first thread starts.
  ServiceManager();

  void ready(const std::string& status) const;
  void reloading() const;
  void stopping(const std::string& status) const;
  void status(const std::string& text) const;
  void watchdog() const;

  // How often a sign of life is due at least; nullopt: none is wanted.
  [[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval() const { return watchdog_interval_; }

 private:
  std::optional<std::chrono::microseconds> watchdog_interval_{};
};

}  // namespace reeve::cli::compose
