// The contract of every executor: how one attempt is run.
//
// An executor runs on the loop thread and never blocks it. It is handed an Execution and gives back an Outcome: whatever a handler does is
// a value in it, never an exception. When run() returns nothing of the attempt is left: no process, no descriptor, no timer.
//
// While it runs, the attempt talks through its Observer, and the supervisor talks to it through its Brake. Both outlive run().
//
// Adding an executor: a folder of its own, one line in make.cpp, its YAML keys, one fixture for tests/conformance/executor.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/request.hpp"

namespace reeve::executors {

struct ProgressReport {
  std::optional<double> percent{};   // finite; clamped to 0..100
  std::optional<double> current{};
  std::optional<double> total{};
  std::string label{};
  std::string meta{};                // JSON bytes or empty
  bool operator==(const ProgressReport&) const = default;
};

enum class Stream { stdout_, stderr_, entry };

struct OutputLine {
  Stream stream = Stream::stdout_;
  std::string level = "info";        // debug info warn error
  std::string message{};             // bytes as the handler wrote them, without the newline
  std::string meta{};                // JSON bytes or empty
};

// A way to speak to a running attempt's side of the protocol other than its own channel: what somebody says over the API with the token of
// the attempt goes in here. Loop thread only.
class Ear {
 public:
  virtual ~Ear() = default;
  // One message of docs/protocol.md. `reply` gets one line, on the loop, maybe at once and maybe after the attempt has ended.
  virtual void hear(std::string_view line, std::function<void(std::string line)> reply) = 0;
};

// What the body last wrote into its page of the scoreboard (docs/scoreboard.md).
struct Glance {
  std::uint64_t beats = 0;                 // grows with each sign of life
  std::optional<ProgressReport> progress{};
  bool operator==(const Glance&) const = default;
};

// Hears what a running attempt does. Called on the loop thread, in the order things happened, only between start and end of run(); never
// throws, never blocks.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void started(std::int64_t pid) = 0;               // the body runs; 0 when it has no process of its own
  virtual void alive() = 0;                                 // a sign of life that is nothing else (beat)
  virtual void progress(ProgressReport report) = 0;         // a sign of life
  virtual void output(OutputLine line) = 0;                 // a sign of life
  virtual void protocol_fault(std::string_view what) = 0;   // the handler sent something it may not; counted and shown
  // It asks for something. `answer` is called once, on the loop, maybe at once, maybe after the attempt has ended.
  virtual void request(Request request, std::function<void(Answer)> answer) = 0;
  // From now on `ear` may be spoken to; nullptr: no longer. An executor whose bodies speak the protocol calls both.
  virtual void listening(Ear* ear) = 0;
  // From now on `look` tells what the body wrote into its page of the scoreboard; empty: no longer. Called at leisure, never in a hurry.
  virtual void visible(std::function<Glance()> look) = 0;
  // How many bytes of output the observer still holds unwritten; an executor stops reading pipes above its own bound (backpressure).
  [[nodiscard]] virtual std::int64_t backlog_bytes() const = 0;
  // Calls `resume` once, on the loop, when the backlog has drained below half of the bound it was asked with.
  virtual void when_drained(std::function<void()> resume) = 0;
};

// The supervisor's hand on a running attempt. Loop thread only. Requests made before the executor listens are kept.
class Brake {
 public:
  // Asks the attempt to end: cooperative notice and stop signal now, kill of the tree after the grace of its execution. The first reason
  // stands.
  void stop(StopReason reason) {
    if (!reason_) reason_ = reason;
    if (listener_) listener_();
  }
  // No grace: kill the tree now.
  void kill(StopReason reason) {
    kill_ = true;
    stop(reason);
  }

  [[nodiscard]] std::optional<StopReason> reason() const { return reason_; }
  [[nodiscard]] bool kill_now() const { return kill_; }

  // Called after each request; immediately when one was already made. An executor listens once per run and stops listening before it ends.
  void listen(std::function<void()> listener) {
    listener_ = std::move(listener);
    if (reason_ && listener_) listener_();
  }

 private:
  std::optional<StopReason> reason_{};
  bool kill_ = false;
  std::function<void()> listener_{};
};

// What an executor can do, for the suite and for what people are told.
struct Capabilities {
  std::string_view name{};            // "process", "inline", ...
  bool kills = false;                 // stop and timeout end a body that ignores them; otherwise it is "cooperative"
  bool captures_output = false;
  bool isolates_crashes = false;
  bool speaks_protocol = false;       // its bodies may ask for steps, waits, signals
};

class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual Capabilities capabilities() const = 0;
  // A stop requested before the body started means that it never starts.
  virtual boost::asio::awaitable<Outcome> run(Execution execution, Observer& observer, Brake& brake) = 0;
  // How many more tasks of the kind could begin now; nullopt: as many as the limits allow.
  [[nodiscard]] virtual std::optional<int> room(std::string_view kind) const { return (void)kind, std::nullopt; }
};

}  // namespace reeve::executors
