#include "simulation/world.hpp"

#include <algorithm>

#include "handlers/decide.hpp"
#include "store/transitions.hpp"

namespace reeve::simulation {

using namespace std::chrono_literals;
using executors::StopReason;
using namespace supervisor;

namespace {

// Fault classes are off in most runs.
double swarm(std::mt19937_64& dice, double most) {
  const double draw = std::uniform_real_distribution<>(0, 1)(dice);
  return draw < 0.5 ? 0 : most * draw;
}

}  // namespace

World::World(std::uint64_t seed) : seed_(seed), dice_(seed), store_(store::open({.url = "memory:"})), reader_(store_->open_reader()) {
  now_ = {Moment{std::chrono::hours{1}}, store::from_ms(1'790'000'000'000), store::from_ms(1'790'000'000'000)};
  weather_ = {.store_failure = swarm(dice_, 0.2),
              .crash = swarm(dice_, 0.004),
              .outage = swarm(dice_, 0.002),
              .clock_jump = swarm(dice_, 0.003),
              .hang = swarm(dice_, 0.1),
              .body_failure = swarm(dice_, 0.5),
              .body_crash = swarm(dice_, 0.3),
              .cancel = swarm(dice_, 0.02),
              .reload = swarm(dice_, 0.01),
              .wait = swarm(dice_, 0.7),
              .signal = swarm(dice_, 0.02)};
  options_.concurrency = std::uniform_int_distribution<>(1, 8)(dice_);
  options_.lease = between(1'000, 15'000);
  reload_limits();
}

// ------------------------------------------------------------------------------------------------------------ machinery

void World::always(Millis delay, std::function<void()> what) { agenda_.emplace(now_.moment + delay, std::move(what)); }

void World::later(Millis delay, std::function<void()> what) {
  always(delay, [this, life = life_, what = std::move(what)] {
    if (life == life_) what();
  });
}

bool World::step() {
  if (agenda_.empty()) return false;
  // What is due at the same moment happens in any order.
  const auto [first, last] = agenda_.equal_range(agenda_.begin()->first);
  auto chosen = first;
  std::advance(chosen, std::uniform_int_distribution<std::ptrdiff_t>(0, std::distance(first, last) - 1)(dice_));
  const Moment at = std::max(now_.moment, chosen->first);
  now_.wall += std::chrono::duration_cast<Millis>(at - now_.moment);
  now_.lease += std::chrono::duration_cast<Millis>(at - now_.moment);
  now_.moment = at;
  const auto what = std::move(chosen->second);
  agenda_.erase(chosen);
  what();
  check_limits();
  return true;
}

void World::pump() {
  if (!core_) return;
  for (auto effects = core_->take_effects(); !effects.empty(); effects = core_ ? core_->take_effects() : std::vector<Effect>{})
    for (Effect& effect : effects) carry_out(std::move(effect));
  const std::optional<Moment> next = core_->next_tick();
  if (!next || (tick_planned_ && *tick_planned_ <= *next && *tick_planned_ > now_.moment)) return;
  tick_planned_ = *next;
  const auto wait = std::max(Millis{0}, std::chrono::ceil<Millis>(*next - now_.moment));
  later(wait, [this] {
    tick_planned_.reset();
    core_->tick(now_);
    pump();
  });
}

// An operation lands after a while or is refused; its answer comes after another while.
void World::operation(std::function<bool(store::Store&)> work, std::function<void(bool)> answer) {
  later(between(0, 20), [this, work = std::move(work), answer = std::move(answer)] {
    const bool refused = now_.moment < outage_until_ || (!calm_ && chance(weather_.store_failure));
    if (!refused) {
      transact(*store_, [&](store::Store& store) {
        work(store);
        return 0;
      });
    }
    later(between(0, 20), [this, answer, refused] {
      answer(!refused);
      pump();
    });
  });
}

// --------------------------------------------------------------------------------------------------------------- events

void World::enqueue_one() {
  store::NewTask task;
  task.kind = chance(0.5) ? "a" : "b";
  task.queue = chance(0.5) ? "q" : "r";
  task.priority = std::uniform_int_distribution<>(0, 9)(dice_);
  if (chance(0.5)) task.fair_key = chance(0.5) ? "one" : "other";
  task.max_attempts = std::uniform_int_distribution<>(1, 4)(dice_);
  task.max_crashes = std::uniform_int_distribution<>(1, 6)(dice_);
  if (chance(0.3)) task.run_at = now_.wall + between(0, 5'000);
  add_keys(task);
  const auto answer = transact(*store_, [&](store::Store& store) { return store.tasks().enqueue({.tasks = {task}}, now_.wall); });
  const store::Enqueued& enqueued = std::get<store::EnqueueDone>(answer).tasks.at(0);
  tasks_.push_back(enqueued.id);
  ++tally_.tasks;
  tally_.superseded += static_cast<int>(enqueued.superseded.size());
  if (!core_) return;
  for (const ClaimKey key : enqueued.stop) {
    later(between(0, 20), [this, key] {
      if (core_) core_->cancel(key, now_);
      pump();
    });
  }
  core_->work_arrived(now_);
  pump();
}

// Few keys, so that they meet: k1 lets one body run, k2 two.
void World::add_keys(store::NewTask& task) {
  if (chance(0.3)) {
    store::Concurrency concurrency;
    concurrency.limit = std::uniform_int_distribution<>(1, 2)(dice_);
    concurrency.key = "k" + std::to_string(concurrency.limit);
    if (concurrency.limit == 1 && chance(0.1)) concurrency.on_conflict = store::OnConflict::supersede;
    if (concurrency.limit == 2 && chance(0.1)) concurrency.on_conflict = store::OnConflict::queue_latest;
    task.concurrency = concurrency;
  }
  if (chance(0.2)) task.order_key = chance(0.5) ? "l" : "m";
  if (chance(0.05)) task.supersede_key = "s";
}

TaskId World::some_task() { return tasks_[std::uniform_int_distribution<std::size_t>(0, tasks_.size() - 1)(dice_)]; }

void World::send_signal() {
  if (tasks_.empty()) return;
  transact(*store_, [&](store::Store& store) { return store.steps().send_signal(some_task(), "go", "1", "test", now_.wall); });
  if (!core_) return;
  core_->work_arrived(now_);
  pump();
}

void World::cancel_one() {
  if (tasks_.empty()) return;
  const TaskId id = some_task();
  const auto answer = transact(*store_, [&](store::Store& store) { return store.tasks().cancel(id, "simulated", "test", now_.wall); });
  ++tally_.cancels;
  if (!answer.running || !core_) return;
  later(between(0, 20), [this, key = *answer.running] {
    core_->cancel(key, now_);
    pump();
  });
}

void World::reload_limits() {
  options_.concurrency = std::uniform_int_distribution<>(1, 8)(dice_);
  queue_limit_ = std::uniform_int_distribution<>(1, 6)(dice_);
  kind_limits_ = {{"a", std::uniform_int_distribution<>(1, 6)(dice_)}};
  supervisor::Resource gpu{.name = "gpu", .units = {"0"}};
  if (chance(0.5)) gpu.units.push_back("1");
  options_.resources = {gpu};
  options_.ageing = chance(0.5) ? std::optional<Millis>(700ms) : std::nullopt;
  if (!core_) return;
  std::vector<handlers::Handler> declared(2);
  declared[0].kind = "a";
  declared[0].concurrency = kind_limits_.at("a");
  declared[0].timeout = 3s;
  declared[0].retry.base = 100ms;
  declared[1].kind = "b";
  declared[1].timeout = 20s;
  declared[1].watchdog = 2s;
  declared[1].retry.base = 10ms;
  declared[1].resources = {store::Room{.name = "gpu", .room = 1}};
  std::vector<handlers::Queue> queues(2);
  queues[0].name = "q";
  queues[0].concurrency = queue_limit_;
  if (chance(0.5)) queues[0].weight = 3;
  queues[1].name = "r";
  queues[1].rate = store::Rate{.limit = 20, .per = 1s, .burst = 2};
  core_->reload(options_, std::make_shared<handlers::Handlers>(declared, queues), now_);
  pump();
}

void World::start_runner() {
  core_ = std::make_unique<Core>(options_, std::make_shared<handlers::Handlers>());
  reload_limits();
  const store::RunnerIdentity identity{.name = "world", .boot_id = "b", .incarnation = std::to_string(life_), .pid = 1};
  const std::int64_t runner = transact(*store_, [&](store::Store& store) { return store.runners().open_runner(identity, now_.wall); });
  for (bool more = true; more;)
    more = transact(*store_, [&](store::Store& store) { return store.runners().requeue_dead(runner, now_.wall, 3); }).more;
  core_->opened(runner, now_);
  pump();
}

// Everything of this life is gone: bodies with it, because nothing of an attempt outlives its runner.
void World::kill_runner() {
  ++life_;
  ++tally_.crashes;
  core_.reset();
  bodies_.clear();
  launched_.clear();
  brakes_.clear();
  tick_planned_.reset();
  later(between(1, 500), [this] { start_runner(); });
}

// --------------------------------------------------------------------------------------------------------------- effects

void World::carry_out(Effect effect) {
  if (auto* claim = std::get_if<ClaimTasks>(&effect)) {
    const Now asked = now_;
    auto answer = std::make_shared<store::ClaimAnswer>();
    operation([request = claim->request, answer, asked](store::Store& store) { return *answer = store.tasks().claim(request, asked.wall), true; },
              [this, answer, asked](bool done) {
                if (done) core_->claimed(std::move(*answer), asked, now_);
                else core_->claim_failed(now_);
              });
  } else if (auto* start = std::get_if<Launch>(&effect)) {
    launch(std::move(*start));
  } else if (auto* back = std::get_if<GiveBack>(&effect)) {
    record_end({.claim = back->claim,
                .outcome = store::Outcome::interrupted,
                .next = store::Requeue{.at = back->run_at, .budget = store::Budget::interruption}});
  } else if (auto* stop = std::get_if<StopBody>(&effect)) {
    const ClaimKey key = stop->claim;
    if (launched_.contains(key)) brakes_.insert(key);
    const auto body = bodies_.find(key);
    if (body == bodies_.end() || std::exchange(body->second.stopped, true)) {
      if (body == bodies_.end() || !stop->kill) return;
    }
    executors::Outcome outcome;
    outcome.end = executors::Stopped{stop->reason};
    later(stop->kill ? Millis{1} : between(1, 300), [this, key, outcome] { end_body(key, outcome); });
  } else if (auto* renewal = std::get_if<RenewLeases>(&effect)) {
    const Now asked = now_;
    auto lost = std::make_shared<std::vector<ClaimKey>>();
    operation([claims = renewal->claims, until = renewal->lease_expires_at, lost, asked](
                  store::Store& store) { return *lost = store.tasks().renew(claims, until, asked.lease), true; },
              [this, claims = renewal->claims, lost, asked](bool done) {
                if (done) core_->renewed(claims, *lost, asked, now_);
                else core_->renew_failed(now_);
              });
  } else if (std::holds_alternative<ExpireLeases>(effect)) {
    operation([this](store::Store& store) { return store.tasks().expire(now_.lease, 100), true; },
              [this](bool done) {
                if (done) core_->work_arrived(now_);
              });
  }
}

void World::launch(Launch effect) {
  const ClaimKey key{effect.task.id, effect.task.epoch};
  Body body{.key = key, .kind = effect.task.kind, .queue = effect.task.queue, .task = std::move(effect.task), .handler = std::move(effect.handler),
            .resources = std::move(effect.resources)};
  launched_.emplace(key, std::move(body));
  later(between(0, 30), [this, key] { start_body(key); });
}

void World::start_body(ClaimKey key) {
  Body body = std::move(launched_.at(key));
  launched_.erase(key);
  const bool braked = brakes_.erase(key) > 0;
  for (const auto& [other, running] : bodies_)
    if (other.task == key.task) violated("I12: two bodies of task " + std::to_string(number(key.task)));
  body.ends_by_itself = calm_ || !chance(weather_.hang);
  const bool ends = body.ends_by_itself;
  bodies_.emplace(key, std::move(body));
  ++tally_.bodies;
  if (braked) {  // stopped before it started: it never runs
    executors::Outcome outcome;
    outcome.end = executors::Stopped{StopReason::cancel};
    end_body(key, outcome);
    return;
  }
  core_->started(key, 1000 + number(key.task));
  operation([key, at = now_.wall](store::Store& store) { return store.tasks().start(key, 1, "process", at); }, [](bool) {});
  if (ends) later(between(1, 2'000), [this, key] { live_on(key); });
  if (chance(0.5)) later(between(1, 1'500), [this, key] {
    core_->alive(key, now_);
    pump();
  });
}

void World::live_on(ClaimKey key) {
  if (!bodies_.contains(key)) return;  // it was stopped meanwhile
  if (!calm_ && chance(weather_.wait)) wait_first(key);
  else end_body(key, some_outcome());
}

// It asks; when what it waits for is not there it ends suspended, and its next attempt meets the same wait again.
void World::wait_first(ClaimKey key) {
  store::WaitRequest wait{.name = "nap", .until = now_.wall + between(1, 20'000)};
  const int sort = std::uniform_int_distribution<>(0, 2)(dice_);
  if (sort == 1) wait = {.name = "call", .sort = store::StepSort::signal, .until = wait.until};
  if (sort == 2) wait = {.name = "others", .sort = store::StepSort::tasks, .until = wait.until, .tasks = {some_task()}, .any = chance(0.5)};   // braces-ok: chances do not throw
  auto answer = std::make_shared<store::WaitAnswer>();
  operation([key, wait, answer, at = now_.wall](store::Store& store) { return *answer = store.steps().wait(key, wait, at), true; },
            [this, key, answer](bool done) {
              const bool waits = done && answer->result == store::WaitAnswer::Result::waiting;
              executors::Outcome suspended;
              suspended.end = executors::Suspended{};
              tally_.suspended += waits && bodies_.contains(key);
              end_body(key, waits ? suspended : some_outcome());
            });
}

executors::Outcome World::some_outcome() {
  executors::Outcome outcome;
  if (!calm_ && chance(weather_.body_crash)) outcome.end = executors::Crashed{.signal = 11};
  else if (!calm_ && chance(weather_.body_failure)) outcome.end = executors::Failed{.code = "exit", .message = "exit 1"};
  else outcome.end = executors::Succeeded{};
  return outcome;
}

void World::end_body(ClaimKey key, executors::Outcome outcome) {
  const auto found = bodies_.find(key);
  if (found == bodies_.end()) return;  // it was stopped meanwhile
  Body body = std::move(found->second);
  bodies_.erase(found);
  core_->ended(key, now_);
  record_end(handlers::decide(body.handler.retry, body.task, outcome, now_.wall, std::uniform_real_distribution<>(0, 1)(dice_)));
  pump();
}

// Tried until it lands.
void World::record_end(const store::Finish& finish) {
  auto finished = std::make_shared<store::Finished>();
  operation([finish, finished, at = now_.wall](store::Store& store) { return *finished = store.tasks().finish(finish, at), true; },
            [this, finish, finished](bool done) {
              if (!done) record_end(finish);
              else core_->settled(finish.claim, finished->retry_at, now_);
              const bool look_again = finished->status == store::Status::waiting || finished->woke_others || finished->let_go;
              if (done && look_again) core_->work_arrived(now_);
            });
}

// ------------------------------------------------------------------------------------------------------------------- run

Tally World::run(int tasks) {
  start_runner();
  for (int i = 0; i < tasks; ++i) always(between(0, 20'000), [this] { enqueue_one(); });
  while (tally_.tasks < tasks || now_.moment < Moment{1h} + 30s) {
    if (chance(weather_.cancel)) cancel_one();
    if (chance(weather_.signal)) send_signal();
    if (chance(weather_.reload) && core_) reload_limits();
    if (chance(weather_.crash) && core_) kill_runner();
    if (chance(weather_.clock_jump)) now_.wall += between(-3'600'000, 3'600'000);
    if (chance(weather_.outage)) {
      outage_until_ = now_.moment + between(100, 30'000);
      ++tally_.outages;
    }
    if (!step()) break;
  }
  // Liveness: the faults stop; everything must come to its end in bounded time.
  calm_ = true;
  outage_until_ = {};
  const Moment patience = now_.moment + std::chrono::hours{48};
  while (now_.moment < patience && step()) {}
  check_all_terminal();
  check_histories();
  return tally_;
}

// ---------------------------------------------------------------------------------------------------------------- checks

void World::violated(const std::string& what) const {
  throw Violation("seed " + std::to_string(seed_) + " after " + std::to_string((now_.moment - Moment{1h}) / 1ms) + " ms: " + what);
}

// Bodies launched under an older, higher limit may still run; no new one may start above the present one. So the check is made against what
// the limits were when the newest body was launched, which the core's own admission must have respected.
void World::check_limits() const {
  if (!core_) return;
  const std::size_t bodies = bodies_.size() + launched_.size();
  if (bodies > 8) violated("I23: " + std::to_string(bodies) + " bodies under a limit that was never above 8");
  std::map<std::string, int> of_key;
  std::map<std::string, int> of_line;
  const auto count = [&](const Body& body) {
    const auto& concurrency = body.task.concurrency;
    if (concurrency && ++of_key[concurrency->key] > concurrency->limit) violated("I23: " + std::to_string(of_key[concurrency->key]) + " bodies of the key " + concurrency->key);
    if (!body.task.order_key.empty() && ++of_line[body.task.order_key] > 1) violated("I24: two bodies of the line " + body.task.order_key);
  };
  for (const auto& [key, body] : bodies_) count(body);
  for (const auto& [key, body] : launched_) count(body);
  if (static_cast<std::size_t>(core_->admission().running()) != bodies)
    violated("I23: admission counts " + std::to_string(core_->admission().running()) + " bodies, there are " + std::to_string(bodies));
  std::set<std::string> held;
  for (const auto* some : {&launched_, &bodies_})
    for (const auto& [key, body] : *some) {
      const auto units = body.resources.find("gpu");
      if (body.kind == "b" && (units == body.resources.end() || units->second.size() != 1)) violated("a body of b has no unit of its resource");
      if (units != body.resources.end() && !held.insert(units->second.front()).second) violated("I23: unit " + units->second.front() + " is held twice");
    }
}

void World::check_all_terminal() {
  for (const TaskId id : tasks_) {
    const auto task = reader_->get(id);
    if (!task) violated("I1: task " + std::to_string(number(id)) + " is gone");
    if (!store::is_terminal(task->status))
      violated("task " + std::to_string(number(id)) + " is still " + std::string(store::name(task->status)) + ", epoch " +
               std::to_string(task->epoch));
    ++tally_.ends[std::string(store::name(task->status))];
    if (task->attempt > task->max_attempts) violated("I13: task " + std::to_string(number(id)) + " used more attempts than it had");
    if (task->crashes > task->max_crashes) violated("I13: task " + std::to_string(number(id)) + " crashed more often than it may");
  }
  if (!bodies_.empty() || !launched_.empty()) violated("I16: bodies are left");
}

// Every history is a path of the published state machine, with one terminal event, and epochs that grow.
void World::check_histories() {
  for (const TaskId id : tasks_) {
    store::Status status = store::Status::queued;
    std::int64_t epoch = 0;
    int terminals = 0;
    store::EventQuery query{.limit = 100'000, .task = id};
    for (const store::Event& event : reader_->events(query).events) {
      if (event.type == "task.claimed") {
        if (event.epoch <= epoch) violated("I9: epoch of task " + std::to_string(number(id)) + " did not grow");
        epoch = event.epoch;
      }
      for (const store::Transition& transition : store::transitions) {
        if (transition.event != event.type || transition.from != status) continue;
        status = transition.to;
        terminals += store::is_terminal(status);
        break;
      }
    }
    if (terminals != 1 || status != reader_->get(id)->status)
      violated("I4: task " + std::to_string(number(id)) + " has " + std::to_string(terminals) + " terminal events");
  }
}

}  // namespace reeve::simulation
