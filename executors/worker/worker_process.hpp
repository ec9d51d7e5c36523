// One warm process, from its birth to its burial. Lives in the frame of the coroutine that tends it.
//
// It reads what the process says and prints, gives each message to the attempt it is about, and ends the process when it must be ended.
// A line of output belongs to the attempt in flight; with several in flight, to the one that began first.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/bell.hpp"
#include "executors/process/containment.hpp"
#include "executors/process/environment.hpp"
#include "executors/process/preparation.hpp"
#include "executors/process/reading.hpp"
#include "executors/process/spawn.hpp"
#include "executors/protocol/decoder.hpp"
#include "executors/protocol/frame_watch.hpp"
#include "executors/protocol/outbox.hpp"
#include "executors/scoreboard/presence.hpp"
#include "executors/worker/gauge.hpp"
#include "executors/worker/last_words.hpp"
#include "executors/worker/pool_plan.hpp"
#include "executors/worker/verdict.hpp"

namespace reeve::executors::worker {

class Errand;
class Pool;

// What all workers of one daemon share.
struct Ground {
  boost::asio::any_io_executor loop{};
  process::Surroundings surroundings{};
  std::shared_ptr<process::Containment> containment{};   // of the executors of processes and of each tree
  std::shared_ptr<scoreboard::Scoreboard> scoreboard{};  // of all executors and of each body that is seen
  process::ReadBuffer buffer{};
  std::int64_t workers = 0;                               // made so far
};

class WorkerProcess {
 public:
  // The pool and the ground outlive it.
  WorkerProcess(Ground& ground, Pool& pool, WorkerId id);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  boost::asio::awaitable<void> live();              // until nothing of it is left
  [[nodiscard]] WorkerId id() const { return id_; }
  [[nodiscard]] std::int64_t pid() const { return pid_; }
  [[nodiscard]] std::string why_gone() const;       // after live(): for people

  void take(Errand& errand);                        // it has a free place
  void forget(Errand& errand);
  void say(std::string_view line) { outbox_.say(line); }
  void show_stopping(StopReason reason);            // on the board, and in its page for the body to see
  void end(std::chrono::milliseconds grace);        // no more tasks: asks it to end, kills it after the grace
  void kill();                                      // the whole tree, now
  void break_off(const std::string& why);           // it broke the protocol

 private:
  struct Line { WorkerProcess* owner = nullptr; };  // lets a late answer, or a late "drained", find out that it is gone
  enum class Stage { starting, serving, dying };

  [[nodiscard]] bool start();                       // otherwise problem_ says why
  [[nodiscard]] bool connect(process::Pipes& pipes);
  [[nodiscard]] bool be_born(process::Preparation& preparation);
  void watch();
  boost::asio::awaitable<void> bury();
  void reap();
  void stop_serving();
  void hang_up();
  [[nodiscard]] Bell::Moment next_deadline() const;
  void heed_deadlines();

  void begin_reading();
  template <class Reader>
  void spawn(Reader reader);
  boost::asio::awaitable<void> read_output(Stream stream);
  boost::asio::awaitable<void> read_protocol();
  boost::asio::awaitable<void> heed_backlog(Bell& room);
  [[nodiscard]] Errand* crowded();
  void read_what_is_there(boost::asio::posix::stream_descriptor& from, Stream stream);
  void print(Stream stream, std::string_view bytes);

  // A page and a place on the board are for one task: with several at once only the process is shown.
  [[nodiscard]] bool shows_tasks() const;
  void show(Errand& errand);
  void hear(std::vector<protocol::Message> messages);
  void hear(protocol::Message message);
  [[nodiscard]] Errand* meant(const protocol::Message& message);
  void get_ready(const protocol::Message& message);
  void stray(const protocol::Message& message);
  void finish(Errand& errand);
  std::optional<std::int64_t> measure(Errand& errand);   // resident bytes
  [[nodiscard]] std::vector<int> company();         // its processes besides those it had when it was ready
  void leave_children(Errand& errand, const std::vector<int>& children);

  Ground& ground_;
  Pool& pool_;
  WorkerId id_;
  Execution birth_;                                 // what Preparation needs to know of it
  std::int64_t number_;
  process::Tree tree_;
  scoreboard::Presence presence_;
  std::optional<process::Child> child_{};
  std::int64_t pid_ = 0;
  Bell news_;
  boost::asio::posix::stream_descriptor watch_;     // the pidfd
  boost::asio::posix::stream_descriptor out_;
  boost::asio::posix::stream_descriptor err_;
  boost::asio::posix::stream_descriptor talk_;
  std::array<Bell, 3> room_;
  std::shared_ptr<Line> line_;                      // of this and of each answer that is still to come
  protocol::Decoder decoder_;
  protocol::Outbox outbox_;
  Gauge gauge_{};
  std::chrono::nanoseconds cpu_before_{};           // the task in flight
  LastWords last_words_{};
  std::vector<Errand*> errands_{};                  // in flight, the first one first
  std::vector<int> household_{};                    // processes it had when it was ready: a shell around it, its own helpers

  Stage stage_ = Stage::starting;
  bool exited_ = false;
  bool killed_ = false;
  bool ending_ = false;
  bool heeding_ = true;
  std::optional<std::string> broken_{};
  int faults_ = 0;
  int readers_ = 0;
  protocol::FrameWatch frame_{};
  Bell::Moment closed_deadline_ = Bell::never;
  Bell::Moment ready_deadline_ = Bell::never;
  Bell::Moment end_deadline_ = Bell::never;
  std::string problem_{};                           // why it did not start, or was killed
  Death death_{};
};

}  // namespace reeve::executors::worker
