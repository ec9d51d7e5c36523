// The supervisor: claims due tasks, has them run, and sees each to its end.
//
// All decisions are in supervisor/core/ (pure: events in, effects out, no clock, no I/O). This class is the shell around it on the loop
// thread: it feeds the core with what happened and carries out what it decided - SQL through StoreThread, bodies through Executors.
//
// Everything here is called on the loop thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "handlers/handler.hpp"
#include "store/store.hpp"
#include "supervisor/attempt_requests.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/options.hpp"
#include "supervisor/overview.hpp"

namespace reeve::executors {
class Executors;
struct PoolStatus;
}

namespace reeve::supervisor {

class Log;
class ReaderThread;
class StoreThread;

class ScheduleKeeper;

// A schedule from the form in which the store keeps an added one; null: not understood.
using ReadSchedule = std::function<std::shared_ptr<const handlers::Schedule>(const std::string& name, const std::string& spec)>;

class Supervisor {
 public:
  struct Parts {
    boost::asio::any_io_executor loop;
    StoreThread& store;
    executors::Executors& executors;
    Clock& clock;
    Log& log;
    std::function<double()> dice;                   // uniform in [0,1)
    ReaderThread& reader;
    AdmitChild admit_child{};                       // for handlers that enqueue
    ReadSchedule read_schedule{};                   // of schedules that were added at run time
  };

  Supervisor(Parts parts, Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_task_output,
             store::RetentionPolicy retention);
  ~Supervisor();

  // `ready` is called once, when recovery is done and tasks are claimed.
  // Registers the incarnation, removes what dead ones left (processes first, then their claims), claims and runs tasks until it has been
  // told to shut down and every attempt has ended. Throws when the store cannot do its job.
  boost::asio::awaitable<void> run(store::RunnerIdentity identity, std::function<void()> ready = {});

  // There may be new work (an enqueue committed, a queue was resumed, a cancel freed something). Cheap; call freely.
  void work_arrived();

  // The same, called just before an operation that makes work due is awaited: the claim follows it into the same group, so that one commit
  // makes both durable and the body starts a commit earlier. Needs no work_arrived() afterwards: operations run in order.
  void work_is_coming();

  // An executor has more or less room than before. Cheap: it comes for each attempt on a thread.
  void room_changed();
  // A pool of warm processes became degraded, or is so no longer: logged.
  void pool_changed(const executors::PoolStatus& pool);

  // A cancel was recorded for this attempt: stop it now.
  void cancel(store::ClaimKey claim);

  // What somebody says with the token of a running attempt: one message of docs/protocol.md. `reply` gets one line, maybe later. False: no
  // attempt that could hear it has this token.
  [[nodiscard]] bool hear(const std::string& token, std::string_view line, std::function<void(std::string)> reply);

  // No new claims. Running attempts go on; returns at once. resume() takes it back.
  void drain();
  void resume();

  // Ends run(): no new claims from now, running attempts get drain_timeout, then they are interrupted (no budget used). A second call
  // interrupts at once.
  void shut_down();

  // New declarations and limits for attempts claimed from now on; running ones keep theirs.
  void reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_task_output, store::RetentionPolicy retention);

  [[nodiscard]] const std::shared_ptr<const handlers::Handlers>& handlers() const;
  [[nodiscard]] Overview overview() const;
  // The policy in force; passes of it run by themselves (supervisor/retention.hpp).
  [[nodiscard]] const store::RetentionPolicy& retention() const;
  [[nodiscard]] ScheduleKeeper& schedules();
  // Nothing runs, nothing is due: for `serve --until-idle`. `on_idle` is called each time that becomes so.
  void when_idle(std::function<void()> on_idle);

 private:
  class Shell;
  std::unique_ptr<Shell> shell_;
};

}  // namespace reeve::supervisor
