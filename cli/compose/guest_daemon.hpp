// A daemon inside this process, for as long as one command needs it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/compose/locate.hpp"

namespace reeve::cli::compose {

class GuestDaemon {
 public:
  // Returns when it serves. Throws std::runtime_error with the reason when it cannot.
  GuestDaemon(const Choices& choices, const Surroundings& around);
  // At once: what still runs is interrupted and stays queued.
  ~GuestDaemon();
  // Ends it as SIGTERM ends a daemon: attempts that others started get the drain timeout. `on_others` is called when that takes a while.
  void end(const std::function<void()>& on_others);

  [[nodiscard]] const std::string& socket() const;

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace reeve::cli::compose
