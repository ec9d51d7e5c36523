// When a pool starts a process, which one gets a task, and when one ends: every decision of a pool, without a clock, processes or I/O.
// What happened is told, with the moment; what is to be done is asked for with next(), and when to ask again with wake().
//
//   (nothing) ──start──► starting ──ready──► serving ──end, or it must be killed──► stopping ──gone──► (nothing)
//                           └── gone: a start failure ──► a pause that doubles, "degraded" until one is ready
//
// Grows: one more when tasks wait that no starting process will serve, none serves at all, or the first has waited for longer than
// `patience`. Shrinks: one above the minimum that had nothing to do for longer than `idle`. The difference between the two is what keeps
// the size from swinging.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "executors/execution.hpp"
#include "executors/make.hpp"

namespace reeve::executors::worker {

using Instant = std::chrono::steady_clock::time_point;
using WorkerId = std::int64_t;

struct StartWorker { WorkerId id = 0; };
struct EndWorker { WorkerId id = 0; };              // it has no task; between tasks only
using Step = std::variant<StartWorker, EndWorker>;

class PoolPlan {
 public:
  static constexpr Instant never = Instant::max();
  static constexpr std::chrono::milliseconds patience{20};
  static constexpr int most_starting = 2;           // at once; while starts fail only one
  static constexpr std::size_t most_starts = 10;    // within a second
  static constexpr std::chrono::milliseconds first_pause{100};
  static constexpr std::chrono::milliseconds longest_pause{30'000};

  // `dice`: 0 <= x < 1. The spec outlives the plan.
  PoolPlan(const WorkerSpec& spec, std::function<double()> dice);

  // What happened.
  void waiting(int tasks, Instant first_since);     // tasks that wait for a place now; at each change
  void ready(WorkerId id, Instant now);
  void took(WorkerId id);
  // `resident`: bytes of memory, when they were looked at. Answers a word for the operator when there is one.
  [[nodiscard]] std::optional<std::string> finished(WorkerId id, Instant now, std::optional<std::int64_t> resident);
  void doomed(WorkerId id);                         // it is being killed: no more tasks, and its end is no news
  void exited(WorkerId id);                         // by itself: no more tasks; gone() comes when it is buried
  void gone(WorkerId id, Instant now, const std::string& why);
  void undeclare() { declared_ = false; }           // serves who still comes, keeps nothing warm
  void close() { closed_ = true; }                  // starts nothing any more, ends all

  // What to do now. Each step is told once and counts as begun.
  [[nodiscard]] std::vector<Step> next(Instant now);
  [[nodiscard]] Instant wake(Instant now) const;    // when next() may have more to say, if nothing happens before

  // Who takes a task now: the one with the fewest, and of those the one used last, so that the others can go idle.
  [[nodiscard]] std::optional<WorkerId> place() const;
  [[nodiscard]] bool serves() const;                // at least one process has been ready and still is
  [[nodiscard]] bool degraded() const { return degraded_; }
  [[nodiscard]] PoolStatus status() const;          // without pids

 private:
  enum class State { starting, serving, stopping };
  struct Worker {
    State state = State::starting;
    bool died = false;                              // it stops because it died
    int tasks = 0;                                  // it has now
    int finished = 0;
    std::optional<int> tasks_most{};                // then it is replaced
    Instant ready_at{};
    Instant idle_since{};
    std::optional<std::int64_t> memory_most{};      // after its first task
    bool worn = false;                              // to be replaced once it has no task
  };

  [[nodiscard]] int count(State state) const;
  [[nodiscard]] int living() const { return count(State::starting) + count(State::serving); }
  [[nodiscard]] int kept() const { return declared_ && !closed_ ? spec_.min : 0; }
  [[nodiscard]] int uncovered() const;              // waiting tasks that no starting process will serve
  [[nodiscard]] bool wants_more(Instant now) const;
  [[nodiscard]] Instant may_start() const;          // not before
  [[nodiscard]] bool is_worn(const Worker& worker, Instant now) const;
  [[nodiscard]] bool is_spare(const Worker& worker, Instant now) const;
  [[nodiscard]] Instant spare_at(const Worker& worker) const;
  [[nodiscard]] Worker* longest_spare(Instant now, WorkerId& id);
  void start(Instant now, std::vector<Step>& steps);
  void end_what_should(Instant now, std::vector<Step>& steps);
  void weigh(Worker& worker, std::int64_t resident, std::optional<std::string>& word);
  void start_failed(Instant now, const std::string& why);

  const WorkerSpec& spec_;
  std::function<double()> dice_;
  std::map<WorkerId, Worker> workers_{};
  WorkerId last_id_ = 0;
  int waiting_ = 0;
  Instant first_since_ = never;
  bool declared_ = true;
  bool closed_ = false;
  bool degraded_ = false;
  bool told_of_memory_ = false;
  int failures_ = 0;                                // starts that failed since a task was finished
  Instant not_before_{};
  std::deque<Instant> starts_{};                    // the last few
  std::string trouble_{};
  std::int64_t started_ = 0;
  std::int64_t recycled_ = 0;
  std::int64_t died_ = 0;
};

}  // namespace reeve::executors::worker
