// A small world on a virtual clock: the real core and the real memory store, scripted bodies, and a seed that decides everything else.
//
// Store operations land late, fail, or are lost with a crash; bodies succeed, fail, crash, hang, ignore stops; the runner is killed and
// comes back; the wall clock jumps. After every step the world checks what must always hold; at the end, that everything came to an end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "store/open.hpp"
#include "supervisor/core/core.hpp"

namespace reeve::simulation {

using store::ClaimKey;
using store::Millis;
using store::TaskId;
using supervisor::Core;
using supervisor::Moment;
using supervisor::Now;

// A broken promise. what() names the seed.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How much of what goes wrong in this run; drawn from the seed, often nothing at all, so that one fault does not hide another.
struct Weather {
  double store_failure = 0;      // an operation is refused (busy)
  double crash = 0;              // per step: the runner is killed
  double outage = 0;             // per step: the store refuses everything for a while
  double clock_jump = 0;         // per step: the wall clock is set
  double hang = 0;               // a body runs until it is stopped
  double body_failure = 0;
  double body_crash = 0;
  double cancel = 0;             // per step: somebody cancels a task
  double reload = 0;             // per step: limits change
  double wait = 0;               // a body asks for something to come before it ends
  double signal = 0;             // per step: somebody sends a task a signal
};

struct Tally {
  int tasks = 0, bodies = 0, crashes = 0, cancels = 0, outages = 0, suspended = 0, superseded = 0;
  std::map<std::string, int> ends{};
};

class World {
 public:
  explicit World(std::uint64_t seed);
  // Runs the unsafe phase, then lets everything come to rest. Throws Violation.
  Tally run(int tasks);

 private:
  struct Body {
    ClaimKey key{};
    std::string kind{};
    std::string queue{};
    bool ends_by_itself = true;
    bool stopped = false;
    store::Task task{};
    handlers::Handler handler{};
    supervisor::Granted resources{};
  };

  // ---- the world's machinery ----
  void later(Millis delay, std::function<void()> what);   // dropped if the runner is killed meanwhile
  void always(Millis delay, std::function<void()> what);
  bool step();
  void pump();
  void operation(std::function<bool(store::Store&)> work, std::function<void(bool done)> answer);
  bool chance(double probability) { return std::uniform_real_distribution<>(0, 1)(dice_) < probability; }
  Millis between(int low, int high) { return Millis{std::uniform_int_distribution<>(low, high)(dice_)}; }

  // ---- what happens in it ----
  void enqueue_one();
  void add_keys(store::NewTask& task);
  void cancel_one();
  void reload_limits();
  void start_runner();
  void kill_runner();
  void carry_out(supervisor::Effect effect);
  void launch(supervisor::Launch effect);
  void start_body(ClaimKey key);
  void end_body(ClaimKey key, executors::Outcome outcome);
  void record_end(const store::Finish& finish);
  void live_on(ClaimKey key);                            // to its end, or to a wait
  void wait_first(ClaimKey key);
  void send_signal();
  [[nodiscard]] TaskId some_task();
  executors::Outcome some_outcome();

  // ---- what must hold ----
  void check_limits() const;
  void check_histories();
  void check_all_terminal();
  [[noreturn]] void violated(const std::string& what) const;

  std::uint64_t seed_;
  std::mt19937_64 dice_;
  Weather weather_{};
  supervisor::Options options_{};
  std::map<std::string, int> kind_limits_{};
  int queue_limit_ = 0;
  Now now_{};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Reader> reader_;
  std::unique_ptr<Core> core_{};
  int life_ = 0;                                   // of the runner; what an earlier one planned does not happen
  std::multimap<Moment, std::function<void()>> agenda_{};
  std::optional<Moment> tick_planned_{};
  std::map<ClaimKey, Body> launched_{};            // handed to the executor, body not started yet
  std::map<ClaimKey, Body> bodies_{};              // running now
  std::set<ClaimKey> brakes_{};                    // stopped before the body started
  Moment outage_until_{};
  bool calm_ = false;                              // faults have stopped
  std::vector<TaskId> tasks_{};
  Tally tally_{};
};

}  // namespace reeve::simulation
