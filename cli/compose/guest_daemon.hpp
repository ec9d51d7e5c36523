// A daemon inside this process, for as long as one command needs it.
#pragma once

#include <memory>
#include <string>

#include "cli/compose/locate.hpp"

namespace reeve::cli::compose {

class GuestDaemon {
 public:
  // Returns when it serves. Throws std::runtime_error with the reason when it cannot.
  GuestDaemon(const Choices& choices, const Surroundings& around);
  // Ends it in good order: what still runs is interrupted and stays queued.
  ~GuestDaemon();

  [[nodiscard]] const std::string& socket() const;

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace reeve::cli::compose
