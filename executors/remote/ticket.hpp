// One attempt that runs elsewhere: what its worker says, and until when it may be silent. Speaks the handler protocol (docs/protocol.md) and
// three messages more:
//
//   {"type":"renew","lease_ms":30000}      it lives; so does everything it says
//   {"type":"release"}                     it gives the task back; costs the task nothing
//   {"type":"status","state":"running","stage":"encoding","actor":"...","source":"..."}   of a task that is only tracked here; the state
//                                          succeeded (with "value") and failed (with "code", "message") end it
//
// Each answer says "stop" with the reason once the attempt was asked to end.
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

// A worker that wishes to be silent for shorter or longer gets these.
inline constexpr std::chrono::milliseconds shortest_lease{1'000};
inline constexpr std::chrono::milliseconds longest_lease{24 * 3600 * 1000};

class Ticket final : public Ear {
 public:
  // `news` rings when the attempt should look at what changed. References outlive it.
  Ticket(const Execution& execution, Observer& observer, Bell& news, std::chrono::milliseconds lease);

  void hear(std::string_view line, std::function<void(std::string line)> reply) override;

  void stopping(StopReason reason) { stopping_ = reason; }
  [[nodiscard]] Bell::Moment lease_ends() const { return lease_ends_; }
  [[nodiscard]] bool released() const { return released_; }
  [[nodiscard]] protocol::Dialogue& dialogue() { return dialogue_; }
  [[nodiscard]] process::Capture& log() { return log_; }

 private:
  using Reply = std::function<void(std::string line)>;
  void renew(std::optional<std::chrono::milliseconds> lease);
  [[nodiscard]] Answer take_status(std::string_view line);
  [[nodiscard]] std::string with_stop(std::string answer) const;

  Observer& observer_;
  Bell& news_;
  std::chrono::milliseconds lease_;
  Bell::Moment lease_ends_;
  process::Capture log_;
  protocol::Dialogue dialogue_;
  std::optional<StopReason> stopping_{};
  bool released_ = false;
};

}  // namespace reeve::executors::remote
