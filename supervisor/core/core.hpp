// The decisions of the supervisor: events in, effects out. Pure: no clock, no I/O, no threads, no chance.
//
// The shell (supervisor.cpp) tells it what happened and when, takes the effects and carries them out; a simulation does the same on a
// virtual clock. Whatever it decides can be tested as a straight line.
//
// Life:   starting ──opened──► running ──shut_down──► draining ──last attempt settled──► stopped
//         While running, drain() and resume() switch claiming off and on.
//
// Life of an attempt in here:
//   claimed ─► Launch ─► body runs (holds a slot) ─► ended (slot free) ─► settled (its end is recorded, or its claim is lost)
//
// One claim is asked for at a time. It is asked for when there may be due work and there is room: after an enqueue, when a slot frees and the
// last claim left work behind, and when the next due time comes. An idle supervisor has no timer but that one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "executors/outcome.hpp"
#include "handlers/handler.hpp"
#include "store/store.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/core/admission.hpp"
#include "supervisor/core/attempt_watch.hpp"
#include "supervisor/core/resources.hpp"
#include "supervisor/options.hpp"
#include "supervisor/overview.hpp"

namespace reeve::supervisor {

// One moment on three clocks. Leases are written and judged in lease time, which started with the wall clock but never jumps; so a wall clock
// that is set shifts scheduled starts and nothing else.
struct Now {
  Moment moment{};
  store::Timestamp wall{};
  store::Timestamp lease{};
};

// ---- effects: what the shell is to do ----
struct ClaimTasks { store::ClaimRequest request{}; };                                     // answer with claimed() or claim_failed()
struct Launch { store::Task task{}; handlers::Handler handler{}; Granted resources{}; };  // answer with ended(), then settled()
struct GiveBack { store::ClaimKey claim{}; store::Timestamp run_at{}; };                  // never started: return it; answer with settled()
struct StopBody { store::ClaimKey claim{}; executors::StopReason reason{}; bool kill = false; };
struct RenewLeases { std::vector<store::ClaimKey> claims{}; store::Timestamp lease_expires_at{}; };  // answer with renewed() or renew_failed()
struct ExpireLeases {};                                                                   // take back what ran out; then work_arrived()
struct FlagStale { store::ClaimKey claim{}; std::string reason{}; };
struct ClearStale { store::ClaimKey claim{}; };
struct WarnSoftTimeout { store::ClaimKey claim{}; };
struct Idle {};                                                                           // nothing runs and nothing is due
struct Stop {};                                                                           // the life is over
using Effect = std::variant<ClaimTasks, Launch, GiveBack, StopBody, RenewLeases, ExpireLeases, FlagStale, ClearStale, WarnSoftTimeout, Idle, Stop>;

// How many more tasks of a kind its executor could begin; nullopt: as many as the limits allow.
struct ExecutorRoom {
  std::string_view kind{};
  std::optional<int> room{};
};

class Core {
 public:
  Core(Options options, std::shared_ptr<const handlers::Handlers> handlers);

  // ---- events: what happened. Each may add effects. ----
  void opened(std::int64_t runner, Now now);                              // registered, left-overs removed: claiming may begin
  void work_arrived(Now now);
  // What the executors of these kinds could begin now; kinds that are not named keep what was told last.
  void rooms_changed(std::span<const ExecutorRoom> rooms, Now now);
  // `asked` is when the claim was sent: the leases are counted from there.
  void claimed(store::ClaimAnswer answer, Now asked, Now now);
  void claim_failed(Now now);
  void started(store::ClaimKey claim, std::int64_t pid);
  void alive(store::ClaimKey claim, Now now);                             // a sign of life of the handler
  void cancel(store::ClaimKey claim, Now now);
  void lost(store::ClaimKey claim, Now now);                              // a write of this attempt was refused: its claim is gone
  void ended(store::ClaimKey claim, Now now);                             // no process of it is left
  void settled(store::ClaimKey claim, std::optional<store::Timestamp> due_again, Now now);
  void renewed(const std::vector<store::ClaimKey>& claims, const std::vector<store::ClaimKey>& lost_claims, Now asked, Now now);
  void renew_failed(Now now);
  void drain(Now now);
  void resume(Now now);
  void shut_down(Now now);
  void reload(Options options, std::shared_ptr<const handlers::Handlers> handlers, Now now);
  void tick(Now now);                                                     // time has passed

  // ---- what follows ----
  std::vector<Effect> take_effects() { return std::exchange(effects_, {}); }
  // When tick() has something to do, if nothing else happens. Nullopt: never.
  [[nodiscard]] std::optional<Moment> next_tick() const;

  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] bool draining() const { return drained_; }
  [[nodiscard]] const std::shared_ptr<const handlers::Handlers>& handlers() const { return handlers_; }
  [[nodiscard]] const Admission& admission() const { return admission_; }
  [[nodiscard]] const Resources& resources() const { return resources_; }
  [[nodiscard]] std::vector<RunningAttempt> running(Now now) const;
  // Launched or given back and not yet settled.
  [[nodiscard]] std::size_t unsettled() const { return attempts_.size(); }

 private:
  struct Attempt {
    std::string kind{};
    std::string queue{};
    std::int64_t pid = 0;
    store::Timestamp since{};
    Moment begun{};
    AttemptWatch watch;
    bool body = true;                                  // holds a slot
    Granted resources{};                               // and these
    std::optional<executors::StopReason> stopping{};
    Moment agenda{};                                   // where it stands in agenda_
    std::string key_token{};                           // of its concurrency key; empty: none
    std::string line{};                                // its order key; empty: none
    bool came_late = false;                            // given back because its lease was nearly over: it can be claimed again
    bool claim_in_doubt = false;                       // lost, or past its fence: the store may not count its body any more
  };
  using Attempts = std::map<store::ClaimKey, Attempt>;

  void claim_if_useful(Now now);
  void add_held_keys(store::ClaimRequest& request) const;
  void give_back(const store::Task& task, bool came_late, Now now);
  void stop(Attempts::iterator attempt, executors::StopReason reason, bool kill);
  void reschedule(Attempts::iterator attempt);
  void tend(Attempts::iterator attempt, Now now);      // acts on what its watch says
  void interrupt_all();
  void finish_if_done();
  void due_at(store::Timestamp at, Now now);
  [[nodiscard]] store::Millis renew_interval() const { return options_.lease / 3; }
  [[nodiscard]] Moment fence_after(Moment asked) const { return asked + options_.lease * 4 / 5; }

  Options options_;
  std::shared_ptr<const handlers::Handlers> handlers_;
  Admission admission_;
  Resources resources_;
  Phase phase_ = Phase::starting;
  std::int64_t runner_ = 0;
  Attempts attempts_{};
  std::set<std::pair<Moment, store::ClaimKey>> agenda_{};  // by when each attempt's watch has something to say

  bool claiming_ = false;                     // a claim is out
  bool maybe_more_ = true;                    // due work may be waiting
  bool arrived_meanwhile_ = false;            // ... and came while the claim was out
  bool freed_meanwhile_ = false;              // a slot freed while the claim was out
  int asked_limit_ = 0;                       // of the claim that is out
  bool renewing_ = false;
  bool drained_ = false;
  bool interrupted_ = false;
  bool told_idle_ = false;
  int claim_failures_ = 0;
  std::optional<Moment> claim_again_{};       // after a failed claim
  std::optional<Moment> next_due_{};          // when time alone makes something due
  std::optional<Moment> next_renewal_{};
  std::optional<Moment> next_expiry_{};
  std::optional<Moment> interrupt_at_{};
  std::vector<Effect> effects_{};
};

}  // namespace reeve::supervisor
