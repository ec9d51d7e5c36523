// The shell around the core: carries out what the core decides and tells it what came of it.
//
// Nothing is decided here. Loop thread only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "supervisor/attempt.hpp"
#include "supervisor/attempt_journal.hpp"
#include "supervisor/attempt_requests.hpp"
#include "supervisor/retention.hpp"
#include "supervisor/token.hpp"
#include "supervisor/core/core.hpp"
#include "supervisor/schedule_keeper.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::supervisor {

class Supervisor::Shell {
 public:
  Shell(Parts parts, Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_output, store::RetentionPolicy retention)
      : parts_(std::move(parts)),
        options_(options),
        forward_output_(forward_output),
        core_(std::move(options), std::move(handlers)),
        timer_(parts_.loop),
        starts_timer_(parts_.loop),
        pages_timer_(parts_.loop),
        over_(parts_.loop, boost::asio::steady_timer::time_point::max()),
        retention_(parts_.loop, parts_.store, parts_.clock, parts_.log, retention, options_.retention_interval),
        schedules_(parts_, {.due = [this] { on([](Core& core, Now at) { core.work_arrived(at); }); },
                            .stop = [this](store::ClaimKey claim) { on([claim](Core& core, Now at) { core.cancel(claim, at); }); },
                            .handlers = [this] { return core_.handlers(); }}),
        lease_origin_moment_(parts_.clock.moment()),
        lease_origin_(parts_.clock.now()) {}

  boost::asio::awaitable<void> run(store::RunnerIdentity identity, std::function<void()> ready);

  // Every event goes through here: tell the core, then do what follows.
  template <class Tell>
  void on(Tell tell) {
    tell(core_, now());
    pump();
  }

  [[nodiscard]] Now now() const {
    const Moment moment = parts_.clock.moment();
    const auto since = std::chrono::duration_cast<store::Millis>(moment - lease_origin_moment_);
    return {.moment = moment, .wall = parts_.clock.now(), .lease = lease_origin_ + since};
  }
  [[nodiscard]] const Core& core() const { return core_; }
  [[nodiscard]] const boost::asio::any_io_executor& loop() const { return parts_.loop; }
  [[nodiscard]] Overview overview() const;
  void something_changed() { retention_.work_done(); }
  [[nodiscard]] const store::RetentionPolicy& retention() const { return retention_.policy(); }
  [[nodiscard]] ScheduleKeeper& schedules() { return schedules_; }
  void reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, bool forward_output, store::RetentionPolicy retention);
  void when_idle(std::function<void()> on_idle) { on_idle_ = std::move(on_idle); }
  void room_changed();
  void log_pool(const executors::PoolStatus& pool);
  [[nodiscard]] bool hear(const std::string& token, std::string_view line, std::function<void(std::string)> reply);

 private:
  // What a running attempt needs beside its coroutine. Owned by bodies_ until the coroutine has ended.
  struct Body {
    Body(Shell& shell, const store::Task& task, const handlers::Handler& handler)
        : key{task.id, task.epoch},
          token(make_token()),
          journal(shell.parts_.loop, shell.parts_.store, shell.parts_.clock, key, handler.executor,
                  {.on_lost = [&shell, claim = key] { shell.on([claim](Core& core, Now at) { core.lost(claim, at); }); },
                   .on_started = [&shell, claim = key] { shell.write_start_soon(claim); },
                   .end_urgency = [&shell] { return shell.urgency(); }}),
          requests(shell.parts_.loop, shell.parts_.store, shell.parts_.reader, shell.parts_.clock, shell.parts_.admit_child, key,
                   handler.payload_bytes_max,
                   {.on_lost = [&shell, claim = key] { shell.on([claim](Core& core, Now at) { core.lost(claim, at); }); },
                    .on_due = [&shell] { shell.on([](Core& core, Now at) { core.work_arrived(at); }); },
                    .on_superseded = [&shell](store::ClaimKey claim) { shell.on([claim](Core& core, Now at) { core.cancel(claim, at); }); }}),
          observer(journal, requests,
                   {.started = [&shell, claim = key](std::int64_t pid) { shell.core_.started(claim, pid); },
                    .alive = [&shell, claim = key] { shell.seen_alive(claim); },
                    .listening = [this](executors::Ear* the_ear) { ear = the_ear; },
                    .visible = [this, &shell](std::function<executors::Glance()> the_look) { shell.watch_page(*this, std::move(the_look)); }},
                   shell.parts_.log, task, shell.forward_output_) {}
    store::ClaimKey key;
    std::string token;                         // whoever knows it speaks for the attempt
    AttemptJournal journal;
    AttemptRequests requests;
    AttemptObserver observer;
    executors::Brake brake{};
    executors::Ear* ear = nullptr;             // while the attempt can be spoken to
    std::function<executors::Glance()> look{}; // while it has a page of the scoreboard
    executors::Glance seen{};                  // what it showed last
  };
  struct KeyHash {
    std::size_t operator()(const store::ClaimKey& key) const { return std::hash<std::int64_t>{}(number(key.task) * 1'000'003 + key.epoch); }
  };

  boost::asio::awaitable<void> recover(std::int64_t runner);
  boost::asio::awaitable<void> until_over();

  // While most slots are taken, nobody waits for one claim or one end: they gather. Otherwise each is wanted at once.
  [[nodiscard]] Urgency urgency() const {
    const Admission& admission = core_.admission();
    return admission.running() > 1 && 2 * admission.running() >= admission.concurrency() ? Urgency::soon : Urgency::now;
  }

  void pump();
  void arm_timer();
  void seen_alive(store::ClaimKey claim);
  void write_start_soon(store::ClaimKey claim);
  void write_starts();
  void watch_page(Body& body, std::function<executors::Glance()> look);
  void look_at_page(Body& body);
  void look_at_pages();
  void look_at_pages_later();
  void declare_pools();
  void declare_rooms();
  void look_at_rooms();
  void settled(store::ClaimKey claim, const store::Finished& finished);
  void not_recorded(store::ClaimKey claim, const std::exception_ptr& failed);

  void carry_out(ClaimTasks effect);
  void carry_out(Launch effect);
  void carry_out(GiveBack effect);
  void carry_out(StopBody effect);
  void carry_out(RenewLeases effect);
  void carry_out(ExpireLeases effect);
  void carry_out(FlagStale effect);
  void carry_out(ClearStale effect);
  void carry_out(WarnSoftTimeout effect);
  void carry_out(Idle effect);
  void carry_out(Stop effect);

  Parts parts_;
  Options options_;
  bool forward_output_;
  Core core_;
  boost::asio::steady_timer timer_;
  std::optional<Moment> armed_{};
  boost::asio::steady_timer starts_timer_;
  std::vector<store::ClaimKey> fresh_starts_{};   // known, and not written yet
  boost::asio::steady_timer pages_timer_;
  bool pages_watched_ = false;
  boost::asio::steady_timer over_;             // cancelled when the life is over
  Retention retention_;
  ScheduleKeeper schedules_;
  bool is_over_ = false;
  bool pumping_ = false;
  Moment lease_origin_moment_;          // lease time: the wall clock as it was at start, and boot time since
  store::Timestamp lease_origin_;
  std::int64_t runner_ = 0;
  std::string runner_name_{};
  store::Timestamp started_at_{};
  std::string trouble_{};
  std::function<void()> on_idle_{};
  std::unordered_map<store::ClaimKey, std::unique_ptr<Body>, KeyHash> bodies_{};
  std::unordered_map<std::string, Body*> by_token_{};
  std::shared_ptr<const handlers::Handlers> roomed_{}; // of this and of the core: the names in rooms_ lie there
  std::vector<const executors::Executor*> runs_{};     // by whom each of its kinds is run
  std::vector<ExecutorRoom> rooms_{};                      // of the same kinds, looked at anew at each change
  bool rooms_limited_ = false;                         // for some of them
};

}  // namespace reeve::supervisor
