// One running body: it lives, is stopped, dies, and is buried. Lives in the frame of its attempt.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <optional>

#include "executors/execution.hpp"
#include "executors/executor.hpp"
#include "executors/bell.hpp"
#include "executors/process/containment.hpp"
#include "executors/process/conversation.hpp"
#include "executors/process/resource_use.hpp"
#include "executors/process/spawn.hpp"
#include "executors/scoreboard/presence.hpp"

namespace reeve::executors::process {

class Body {
 public:
  Body(const boost::asio::any_io_executor& loop, const Execution& execution, Child child, Tree& tree, Conversation& conversation, Bell& news,
       Brake& brake, scoreboard::Presence& presence);
  ~Body();
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  [[nodiscard]] int pid() { return child_.process.id(); }
  boost::asio::awaitable<void> live();        // until its first process has exited; heeds the brake and the protocol
  boost::asio::awaitable<void> bury();        // until nothing of it is left and all it wrote is read

  // After bury().
  [[nodiscard]] ExitStatus exit() const { return exit_; }
  [[nodiscard]] ResourceUse use() const { return use_; }
  [[nodiscard]] std::optional<StopReason> stopped() const { return stop_; }
  [[nodiscard]] bool out_of_memory() const { return out_of_memory_; }    // the kernel killed it for that
  [[nodiscard]] std::vector<LeftChild> take_left_children() { return std::move(left_); }

 private:
  void watch();
  void heed_protocol();
  void heed_suspension();
  void heed_brake();
  void ask_to_stop(StopReason reason);
  void kill();
  void reap();

  const Execution& execution_;
  Child child_;
  Tree& tree_;
  Conversation& conversation_;
  Bell& news_;
  Brake& brake_;
  scoreboard::Presence& presence_;
  boost::asio::posix::stream_descriptor watch_;   // the pidfd
  bool exited_ = false;
  bool killed_ = false;
  std::optional<StopReason> stop_{};
  Bell::Moment kill_at_ = Bell::never;
  MemoryGauge gauge_{};
  bool out_of_memory_ = false;
  std::vector<LeftChild> left_{};
  ExitStatus exit_{};
  ResourceUse use_{};
};

}  // namespace reeve::executors::process
