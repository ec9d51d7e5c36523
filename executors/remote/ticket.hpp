// One attempt that runs elsewhere: what its worker says, and until when it may be silent. Everything it says renews its lease, and each answer
// says "stop" with the reason once the attempt was asked to end.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "executors/bell.hpp"
#include "executors/executor.hpp"
#include "executors/process/output.hpp"
#include "executors/protocol/dialogue.hpp"

namespace reeve::executors::remote {

class Ticket final : public Ear {
 public:
  // `news` rings when the attempt should look at what changed. References outlive it.
  Ticket(const Execution& execution, Observer& observer, Bell& news, std::chrono::milliseconds lease);

  void hear(std::string_view line, std::function<void(std::string line)> reply) override;

  [[nodiscard]] Bell::Moment lease_ends() const { return lease_ends_; }
  [[nodiscard]] bool released() const { return released_; }
  [[nodiscard]] protocol::Dialogue& dialogue() { return dialogue_; }
  [[nodiscard]] process::Capture& log() { return log_; }

 private:
  std::chrono::milliseconds renew(std::optional<std::chrono::milliseconds> wish);   // the lease it has now
  void release();

  Bell& news_;
  std::chrono::milliseconds lease_;
  Bell::Moment lease_ends_;
  process::Capture log_;
  protocol::Dialogue dialogue_;
  bool released_ = false;
};

}  // namespace reeve::executors::remote
