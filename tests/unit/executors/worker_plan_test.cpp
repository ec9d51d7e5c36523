// Every decision of a pool of warm processes, on virtual time.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "executors/worker/pool_plan.hpp"
#include "executors/worker/verdict.hpp"

using namespace reeve::executors;
using namespace reeve::executors::worker;
using namespace std::chrono_literals;

namespace {

WorkerSpec pool(int min, int max) {
  WorkerSpec spec;
  spec.kind = "k";
  spec.min = min;
  spec.max = max;
  spec.idle = 60s;
  return spec;
}

// A plan, a clock, and what it asked for.
struct Table {
  WorkerSpec spec;
  double dice = 0.5;
  PoolPlan plan;
  Instant now{1h};
  std::vector<WorkerId> ended{};

  explicit Table(WorkerSpec the_spec) : spec(std::move(the_spec)), plan(spec, [this] { return dice; }) {}

  // Which processes it starts now.
  std::vector<WorkerId> look() {
    std::vector<WorkerId> started;
    for (const worker::Step& step : plan.next(now)) {
      if (const auto* start = std::get_if<StartWorker>(&step)) started.push_back(start->id);
      else ended.push_back(std::get<EndWorker>(step).id);
    }
    return started;
  }
  WorkerId start_one() {
    const auto started = look();
    REQUIRE(started.size() == 1);
    return started.front();
  }
  WorkerId warm_one() {
    const auto id = start_one();
    plan.ready(id, now);
    return id;
  }
  void wait(int tasks) { plan.waiting(tasks, now); }
  void serve(WorkerId id, std::optional<std::int64_t> resident = std::nullopt) {
    plan.took(id);
    (void)plan.finished(id, now, resident);
  }
  void at_wake() {
    const auto wake = plan.wake(now);
    REQUIRE(wake != PoolPlan::never);
    REQUIRE(wake >= now);
    now = wake;
  }
  [[nodiscard]] PoolStatus status() const { return plan.status(); }
};

}  // namespace

TEST_CASE("a pool without a minimum starts nothing until a task waits, and then at once", "[worker][plan]") {
  Table table(pool(0, 3));
  CHECK(table.look().empty());
  CHECK(table.plan.wake(table.now) == PoolPlan::never);
  table.wait(1);
  CHECK(table.look().size() == 1);
  CHECK(table.look().empty());
}

TEST_CASE("the minimum is warmed up two at a time", "[worker][plan]") {
  Table table(pool(5, 8));
  const auto first = table.look();
  CHECK(first.size() == 2);
  CHECK(table.look().empty());
  table.plan.ready(first[0], table.now);
  CHECK(table.look().size() == 1);
}

TEST_CASE("no more than ten starts within a second", "[worker][plan]") {
  Table table(pool(30, 30));
  int started = 0;
  for (int round = 0; round < 20; ++round) {
    for (const auto id : table.look()) table.plan.ready(id, table.now), ++started;
  }
  CHECK(started == 10);
  CHECK(table.plan.wake(table.now) == table.now + 1s);
  table.at_wake();
  CHECK(table.look().size() == 2);
}

TEST_CASE("one more process is started only for a task that has waited, and never above the maximum", "[worker][plan]") {
  Table table(pool(1, 2));
  const auto first = table.warm_one();
  table.plan.took(first);
  table.wait(3);
  CHECK(table.look().empty());
  CHECK(table.plan.wake(table.now) == table.now + PoolPlan::patience);
  table.now += PoolPlan::patience;
  const auto second = table.start_one();
  table.plan.ready(second, table.now);
  table.plan.took(second);
  table.wait(2);
  table.now += 1h;
  CHECK(table.look().empty());
}

TEST_CASE("a task that a starting process will serve starts no other", "[worker][plan]") {
  Table table(pool(0, 4));
  table.wait(1);
  table.start_one();
  table.now += 1min;
  CHECK(table.look().empty());
  table.wait(2);
  table.now += 1min;
  CHECK(table.look().size() == 1);
}

TEST_CASE("a process with room for several tasks is waited for by as many", "[worker][plan]") {
  auto spec = pool(0, 4);
  spec.parallel = 8;
  Table table(spec);
  table.wait(8);
  table.start_one();
  table.now += 1min;
  CHECK(table.look().empty());
}

TEST_CASE("a process above the minimum ends when it had nothing to do for long, the one idle longest first", "[worker][plan]") {
  Table table(pool(1, 3));
  const auto first = table.warm_one();
  table.plan.took(first);
  table.wait(1);
  table.now += 1s;
  const auto second = table.warm_one();
  table.wait(0);
  table.serve(second);
  table.now += 30s;
  (void)table.plan.finished(first, table.now, std::nullopt);
  CHECK(table.plan.wake(table.now) == table.now + 30s);
  table.at_wake();
  CHECK(table.look().empty());
  CHECK(table.ended == std::vector{second});
  table.now += 24h;
  CHECK(table.look().empty());
  CHECK(table.ended == std::vector{second});   // the minimum stays
}

TEST_CASE("a task goes to the process used last, so that the others can go idle", "[worker][plan]") {
  Table table(pool(2, 2));
  const auto both = table.look();
  for (const auto id : both) table.plan.ready(id, table.now);
  table.now += 1s;
  table.serve(both[0]);
  CHECK(table.plan.place() == both[0]);
  table.now += 1s;
  table.serve(both[1]);
  CHECK(table.plan.place() == both[1]);
  table.plan.took(both[1]);
  CHECK(table.plan.place() == both[0]);
  table.plan.took(both[0]);
  CHECK_FALSE(table.plan.place());
}

TEST_CASE("tasks are spread over processes that take several", "[worker][plan]") {
  auto spec = pool(2, 2);
  spec.parallel = 2;
  Table table(spec);
  for (const auto id : table.look()) table.plan.ready(id, table.now);
  std::vector<WorkerId> order;
  for (int i = 0; i < 4; ++i) {
    order.push_back(table.plan.place().value());
    table.plan.took(order.back());
  }
  CHECK_FALSE(table.plan.place());
  CHECK(order[0] != order[1]);
  CHECK(order[2] != order[3]);
}

TEST_CASE("a process that is not ready gets no task", "[worker][plan]") {
  Table table(pool(1, 1));
  const auto id = table.start_one();
  CHECK_FALSE(table.plan.place());
  table.plan.ready(id, table.now);
  CHECK(table.plan.place() == id);
}

TEST_CASE("starts that fail are tried again after pauses that double up to 30 s, for ever, and show why", "[worker][plan]") {
  Table table(pool(1, 4));
  table.dice = 0.999999;
  auto expected = 100ms;
  for (int failure = 0; failure < 40; ++failure) {
    const auto id = table.start_one();
    table.plan.gone(id, table.now, "no module named frob");
    CHECK(table.plan.degraded());
    CHECK(table.status().trouble == "no module named frob");
    CHECK(table.look().empty());
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(table.plan.wake(table.now) - table.now);
    CHECK(pause <= expected);
    CHECK(pause >= expected * 8 / 10);
    expected = std::min(expected * 2, 30'000ms);
    table.at_wake();
  }
  const auto id = table.start_one();
  table.plan.ready(id, table.now);
  CHECK_FALSE(table.plan.degraded());
  CHECK(table.status().trouble.empty());
}

TEST_CASE("the dice spread the pauses", "[worker][plan]") {
  Table table(pool(1, 1));
  table.dice = 0;
  table.plan.gone(table.start_one(), table.now, "x");
  CHECK(table.plan.wake(table.now) == table.now + 80ms);
}

TEST_CASE("a pool in trouble goes on trying although nobody waits", "[worker][plan]") {
  Table table(pool(0, 4));
  table.wait(1);
  table.plan.gone(table.start_one(), table.now, "x");
  table.wait(0);
  table.at_wake();
  CHECK(table.look().size() == 1);
}

TEST_CASE("while starts fail only one is tried at a time", "[worker][plan]") {
  Table table(pool(4, 4));
  for (const auto id : table.look()) table.plan.gone(id, table.now, "x");
  table.now += 1min;
  CHECK(table.look().size() == 1);
}

TEST_CASE("one that dies ready and unused is a failed start; one that dies with a task is not", "[worker][plan]") {
  Table table(pool(1, 1));
  const auto first = table.warm_one();
  table.plan.exited(first);
  CHECK_FALSE(table.plan.place());
  table.plan.gone(first, table.now, "died by signal 11");
  CHECK(table.plan.degraded());
  CHECK(table.status().died == 1);
  table.at_wake();
  const auto second = table.warm_one();
  table.plan.took(second);
  table.plan.exited(second);
  table.plan.gone(second, table.now, "died by signal 11");
  CHECK_FALSE(table.plan.degraded());
  CHECK(table.status().died == 2);
  CHECK(table.look().size() == 1);
}

TEST_CASE("one that we killed has not died, and is replaced without a pause", "[worker][plan]") {
  Table table(pool(1, 1));
  const auto id = table.warm_one();
  table.plan.took(id);
  table.plan.doomed(id);
  CHECK(table.look().size() == 1);
  table.plan.gone(id, table.now, "killed");
  CHECK(table.status().died == 0);
  CHECK_FALSE(table.plan.degraded());
}

TEST_CASE("a process is replaced after its tasks, a tenth more or less, and only between tasks", "[worker][plan]") {
  auto spec = pool(1, 1);
  spec.recycle.tasks = 100;
  const auto [dice, expected] = GENERATE(table<double, int>({{0.0, 90}, {0.5, 100}, {0.9999, 110}}));
  Table table(spec);
  table.dice = dice;
  const auto id = table.warm_one();
  int served = 0;
  while (table.ended.empty() && served < 200) {
    table.plan.took(id);
    CHECK(table.look().empty());
    CHECK(table.ended.empty());
    (void)table.plan.finished(id, table.now, std::nullopt);
    ++served;
    const auto started = table.look();
    CHECK(started.size() == table.ended.size());   // its successor
  }
  CHECK(served == expected);
  CHECK(table.status().recycled == 1);
}

TEST_CASE("a process is replaced when it is old, busy or not, between tasks", "[worker][plan]") {
  auto spec = pool(1, 1);
  spec.recycle.age = 1h;
  Table table(spec);
  const auto id = table.warm_one();
  CHECK(table.plan.wake(table.now) == table.now + 1h);
  table.plan.took(id);
  table.now += 2h;
  CHECK(table.look().size() == 1);   // a successor, as this one takes no more
  CHECK(table.ended.empty());
  (void)table.plan.finished(id, table.now, std::nullopt);
  CHECK(table.look().empty());
  CHECK(table.ended == std::vector{id});
}

TEST_CASE("a process is replaced when it has grown, but a limit below its nature is raised and told once", "[worker][plan]") {
  auto spec = pool(1, 1);
  spec.recycle.memory_bytes = 100 << 20;
  Table table(spec);
  const auto id = table.warm_one();
  table.serve(id, 50 << 20);
  table.serve(id, 100 << 20);
  CHECK(table.look().empty());
  CHECK(table.ended.empty());
  table.serve(id, 101 << 20);
  const auto next = table.warm_one();
  CHECK(table.ended == std::vector{id});

  table.plan.took(next);
  const auto word = table.plan.finished(next, table.now, 200 << 20);
  REQUIRE(word);
  CHECK(word->find("220 MiB") != std::string::npos);
  table.serve(next, 219 << 20);
  CHECK(table.look().empty());
  CHECK(table.ended == std::vector{id});
  table.serve(next, 221 << 20);
  const auto third = table.warm_one();
  table.plan.took(third);
  CHECK_FALSE(table.plan.finished(third, table.now, 200 << 20));
}

TEST_CASE("with several tasks at once a worn process takes no more and ends with its last", "[worker][plan]") {
  auto spec = pool(1, 1);
  spec.parallel = 2;
  spec.recycle.tasks = 1;
  Table table(spec);
  const auto id = table.warm_one();
  table.plan.took(id);
  table.plan.took(id);
  (void)table.plan.finished(id, table.now, std::nullopt);
  CHECK_FALSE(table.plan.place());
  CHECK(table.look().size() == 1);
  CHECK(table.ended.empty());
  (void)table.plan.finished(id, table.now, std::nullopt);
  table.look();
  CHECK(table.ended == std::vector{id});
}

TEST_CASE("a pool that is no longer declared keeps nothing warm but serves who still comes", "[worker][plan]") {
  Table table(pool(2, 2));
  const auto both = table.look();
  for (const auto id : both) table.plan.ready(id, table.now);
  table.plan.took(both[0]);
  table.plan.undeclare();
  CHECK(table.look().empty());
  CHECK(table.ended == std::vector{both[1]});
  (void)table.plan.finished(both[0], table.now, std::nullopt);
  table.look();
  CHECK(table.ended.size() == 2);
  table.wait(1);
  CHECK(table.look().size() == 1);
}

TEST_CASE("a closed pool starts nothing and ends all", "[worker][plan]") {
  Table table(pool(2, 4));
  const auto both = table.look();
  table.plan.ready(both[0], table.now);
  table.plan.close();
  table.wait(5);
  CHECK(table.look().empty());
  CHECK(table.ended.size() == 2);
  CHECK_FALSE(table.plan.place());
  CHECK(table.plan.wake(table.now) == PoolPlan::never);
}

TEST_CASE("the status counts what there is", "[worker][plan]") {
  Table table(pool(3, 4));
  const auto two = table.look();
  table.plan.ready(two[0], table.now);
  table.plan.ready(two[1], table.now);
  table.plan.took(two[0]);
  table.look();
  const auto status = table.status();
  CHECK(status.kind == "k");
  CHECK(status.busy == 1);
  CHECK(status.idle == 1);
  CHECK(status.starting == 1);
  CHECK(status.started == 3);
  CHECK(status.min == 3);
  CHECK(status.max == 4);
}

TEST_CASE("how an attempt at a worker ended", "[worker][verdict]") {
  using protocol::ErrorMessage;
  using protocol::ResultMessage;
  using protocol::SuspendMessage;
  const auto end_of = [](auto change) {
    Facts facts;
    change(facts);
    return verdict(std::move(facts));
  };
  const auto died = [](int signal, bool asked, bool oom = false) { return Death{ExitStatus{std::nullopt, signal, false}, asked, oom}; };
  const auto exited = [](int code, bool asked) { return Death{ExitStatus{code, std::nullopt, false}, asked, false}; };
  const auto stop_of = [](const End& end) { return std::get<Stopped>(end).reason; };

  CHECK(std::get<ProtocolError>(end_of([&](Facts& f) { f.broken = "flood", f.death = died(9, false); })).message == "flood");
  CHECK(std::get<Succeeded>(end_of([](Facts& f) { f.said = ResultMessage{"7"}; })).result == "7");
  CHECK(std::get<Succeeded>(end_of([&](Facts& f) { f.said = ResultMessage{"7"}, f.stop = StopReason::cancel, f.death = died(9, true); })).result == "7");
  CHECK(std::get<Failed>(end_of([](Facts& f) { f.said = ErrorMessage{"a", "b"}; })).code == "a");
  CHECK(stop_of(end_of([](Facts& f) { f.said = ErrorMessage{"a", "b"}, f.stop = StopReason::timeout; })) == StopReason::timeout);
  CHECK(std::holds_alternative<Suspended>(end_of([](Facts& f) { f.said = SuspendMessage{}, f.suspending = true; })));
  CHECK(std::holds_alternative<Suspended>(end_of([&](Facts& f) { f.suspending = true, f.death = died(9, true); })));
  CHECK(stop_of(end_of([&](Facts& f) { f.stop = StopReason::stalled, f.death = died(9, true); })) == StopReason::stalled);
  CHECK(stop_of(end_of([&](Facts& f) { f.death = died(9, true); })) == StopReason::shutdown);
  CHECK(std::get<Crashed>(end_of([&](Facts& f) { f.death = died(11, false); })).signal == 11);
  CHECK(std::get<Crashed>(end_of([&](Facts& f) { f.stop = StopReason::cancel, f.death = died(11, false); })).signal == 11);
  CHECK(std::get<Crashed>(end_of([&](Facts& f) { f.death = died(9, true, true); })).oom);
  CHECK(std::get<Failed>(end_of([&](Facts& f) { f.death = exited(3, false); })).message == "the worker exited with 3 while it had the task");
  CHECK(std::get<Failed>(end_of([&](Facts& f) { f.death = exited(0, false); })).code == "worker_exit");
  CHECK(stop_of(end_of([&](Facts& f) { f.stop = StopReason::cancel, f.death = exited(0, false); })) == StopReason::cancel);
}
