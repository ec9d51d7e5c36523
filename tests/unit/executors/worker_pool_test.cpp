// Pools of real warm processes: how they begin, grow, shrink, are replaced and end.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "executors/process/proc.hpp"
#include "tests/unit/executors/warm_bench.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
using namespace std::chrono_literals;

namespace {

class MarkFile {
 public:
  MarkFile() : path_(std::filesystem::temp_directory_path() / ("reeve-mark-" + std::to_string(::getpid()))) { remove(); }
  ~MarkFile() { remove(); }
  void make() const { std::ofstream(path_) << "x"; }
  void remove() const { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("what is kept warm is started before any task, and serves one task after the other", "[worker][pool]") {
  WarmBench warm_bench(warm(2, 3));
  REQUIRE(warm_bench.warmed(2));
  const auto pids = warm_bench.status().pids;
  CHECK(pids.size() == 2);
  for (int i = 0; i < 5; ++i) {
    const Attempt& attempt = warm_bench.run("result(task, " + std::to_string(i) + ")");
    CHECK(end_of<Succeeded>(attempt).result == std::to_string(i));
    REQUIRE(attempt.witness.pids.size() == 1);
    CHECK(std::count(pids.begin(), pids.end(), attempt.witness.pids.front()) == 1);
    CHECK_FALSE(attempt.outcome->exit.code);
    CHECK(attempt.witness.ear == nullptr);
  }
  CHECK(warm_bench.status().started == 2);
}

TEST_CASE("a worker has the handler's environment and nothing of one attempt", "[worker][pool]") {
  auto spec = warm(1, 1);
  auto process = std::make_shared<ProcessSpec>(*spec.process);
  process->env = {{"MODE", "fast"}, {"REEVE_KIND", "forged"}};
  process->cwd = "/tmp";
  spec.process = process;
  WarmBench warm_bench(spec);
  const Attempt& attempt = warm_bench.run(R"(result(task, " ".join(sorted(k for k in os.environ if k != "LC_CTYPE")) + "|" + os.environ["REEVE_KIND"] + "|" + os.environ["REEVE_WORKER"] + "|" + os.readlink("/proc/self/fd/0") + "|" + os.getcwd()))");
  CHECK(end_of<Succeeded>(attempt).result == "\"HOME LANG MODE PATH REEVE_FD REEVE_KIND REEVE_RUNNER REEVE_STORE REEVE_WORKER REEVE_WORKER_NUMBER|warm|1|/dev/null|/tmp\"");
}

TEST_CASE("a task carries what an attempt is told", "[worker][pool]") {
  WarmBench warm_bench(warm(0, 1));
  Execution execution = warm_bench.order("result(task, [task['attempt'], task['max_attempts'], task['queue'], task['labels'], task['token']])");
  execution.attempt = 2;
  execution.max_attempts = 7;
  execution.queue = "q";
  execution.labels = {{"a", "b"}};
  execution.token = "secret";
  CHECK(end_of<Succeeded>(warm_bench.run(std::move(execution))).result == R"([2, 7, "q", {"a": "b"}, "secret"])");
}

TEST_CASE("a pool grows for tasks that wait, up to its maximum, and shrinks when it is idle", "[worker][pool]") {
  auto spec = warm(0, 3);
  spec.idle = 50ms;
  WarmBench warm_bench(spec);
  std::vector<Attempt*> attempts;
  for (int i = 0; i < 5; ++i) attempts.push_back(&warm_bench.start("hear(); result(task)"));
  REQUIRE(warm_bench.until([&] { return warm_bench.status().busy == 3; }));
  CHECK(warm_bench.status().waiting == 2);
  CHECK(attempts[3]->witness.pids.empty());   // no process is given a second one
  for (Attempt* attempt : attempts) {
    REQUIRE(warm_bench.until([&] { return !attempt->witness.pids.empty(); }));
    attempt->brake.stop(StopReason::cancel);
    warm_bench.end(*attempt);
    CHECK(std::holds_alternative<Succeeded>(attempt->outcome->end));
  }
  CHECK(warm_bench.status().started == 3);
  REQUIRE(warm_bench.until([&] { return warm_bench.status().pids.empty(); }));
  CHECK(children().empty());
}

TEST_CASE("a stop ends a task that waits for a process at once, and it never begins", "[worker][pool]") {
  WarmBench warm_bench(warm(1, 1));
  Attempt& first = warm_bench.start("hear(); result(task)");
  Attempt& second = warm_bench.start("result(task)");
  REQUIRE(warm_bench.until([&] { return first.witness.pids.size() == 1; }));
  second.brake.stop(StopReason::timeout);
  warm_bench.end(second);
  CHECK(end_of<Stopped>(second).reason == StopReason::timeout);
  CHECK(second.witness.pids.empty());
  CHECK_FALSE(first.outcome);
  first.brake.stop(StopReason::cancel);
  warm_bench.end(first);
}

TEST_CASE("a process is replaced after its tasks", "[worker][pool][recycle]") {
  auto spec = warm(1, 1);
  spec.recycle.tasks = 2;
  WarmBench warm_bench(spec);
  std::vector<std::int64_t> pids;
  for (int i = 0; i < 6; ++i) pids.push_back(warm_bench.run("result(task)").witness.pids.front());
  CHECK(pids[0] == pids[1]);
  CHECK(pids[2] == pids[3]);
  CHECK(pids[4] == pids[5]);
  CHECK(std::set(pids.begin(), pids.end()).size() == 3);
  CHECK(warm_bench.status().recycled == 3);
  CHECK(warm_bench.status().died == 0);
}

TEST_CASE("a process is replaced when it is old, but never under a task", "[worker][pool][recycle]") {
  auto spec = warm(1, 1);
  spec.recycle.age = 30ms;
  WarmBench warm_bench(spec);
  Attempt& attempt = warm_bench.start("time.sleep(0.2); result(task, os.getpid())");
  warm_bench.end(attempt);
  CHECK(end_of<Succeeded>(attempt).result == std::to_string(attempt.witness.pids.front()));
  REQUIRE(warm_bench.until([&] { return warm_bench.status().recycled > 2; }));   // also without tasks
}

TEST_CASE("a process is replaced when it has grown", "[worker][pool][recycle]") {
  auto spec = warm(1, 1);
  spec.recycle.memory_bytes = 60 << 20;
  WarmBench warm_bench(spec);
  const auto first = warm_bench.run("result(task)").witness.pids.front();
  CHECK(warm_bench.run("result(task)").witness.pids.front() == first);
  CHECK(warm_bench.run("globals()['act'].__dict__['kept'] = b'x' * (80 << 20); result(task)").witness.pids.front() == first);
  CHECK(warm_bench.run("result(task)").witness.pids.front() != first);
}

TEST_CASE("a memory limit below what the worker needs is raised, and the task's log says so once", "[worker][pool][recycle]") {
  auto spec = warm(1, 1);
  spec.recycle.memory_bytes = 1 << 20;
  WarmBench warm_bench(spec);
  const Attempt& first = warm_bench.run("result(task)");
  const Attempt& second = warm_bench.run("result(task)");
  REQUIRE(first.witness.lines.size() == 1);
  CHECK(first.witness.lines.front().level == "warn");
  CHECK(contains(first.witness.lines.front().message, "recycle.memory"));
  CHECK(second.witness.lines.empty());
  CHECK(first.witness.pids == second.witness.pids);
}

TEST_CASE("a pool whose processes cannot start is degraded, says why, and recovers by itself", "[worker][pool][degraded]") {
  const MarkFile mark;
  int changes = 0;
  Options chosen = options();
  chosen.room_changed = [&] { ++changes; };
  std::vector<PoolStatus> told;
  chosen.pool_changed = [&](const PoolStatus& pool) { told.push_back(pool); };
  auto spec = warm(1, 1, "if not os.path.exists('" + mark.path() + "'):\n    print('no licence was found', file=sys.stderr)\n    sys.exit(3)\n" + does_as_told);
  WarmBench warm_bench(spec, chosen);
  Executor& executor = *warm_bench.bench.executors->find("worker");
  Attempt& attempt = warm_bench.start("result(task, 5)");
  REQUIRE(warm_bench.until([&] { return warm_bench.status().degraded && warm_bench.status().started > 1; }));
  CHECK(contains(warm_bench.status().trouble, "exited with 3 before it was ready: no licence was found"));
  CHECK(executor.room("warm") == 0);
  CHECK(executor.room("another") == std::nullopt);
  warm_bench.end(attempt);
  CHECK(end_of<Stopped>(attempt).reason == StopReason::shutdown);   // it costs the task nothing, and holds no slot
  CHECK(changes == 1);
  mark.make();
  REQUIRE(warm_bench.until([&] { return !warm_bench.status().degraded; }));
  Attempt& later = warm_bench.start("result(task, 5)");
  warm_bench.end(later);
  CHECK(end_of<Succeeded>(later).result == "5");
  CHECK_FALSE(warm_bench.status().degraded);
  CHECK(warm_bench.status().trouble.empty());
  CHECK(executor.room("warm") == std::nullopt);
  CHECK(changes == 2);
  REQUIRE(told.size() == 2);   // however often it failed to start
  CHECK(told.front().kind == "warm");
  CHECK(told.front().degraded);
  CHECK(contains(told.front().trouble, "no licence was found"));
  CHECK_FALSE(told.back().degraded);
}

TEST_CASE("a pool whose state did not change tells nobody", "[worker][pool][degraded]") {
  Options chosen = options();
  int told = 0;
  chosen.pool_changed = [&](const PoolStatus&) { ++told; };
  WarmBench warm_bench(warm(1, 2), chosen);
  for (int i = 0; i < 3; ++i) CHECK(end_of<Succeeded>(warm_bench.run("result(task, 1)")).result == "1");
  CHECK(told == 0);
}

TEST_CASE("a program that is missing degrades the pool with the reason of the spawn", "[worker][pool][degraded]") {
  auto spec = warm(1, 1);
  auto process = std::make_shared<ProcessSpec>();
  process->command = {"/nowhere/worker"};
  spec.process = process;
  WarmBench warm_bench(spec);
  REQUIRE(warm_bench.until([&] { return warm_bench.status().degraded; }));
  CHECK(contains(warm_bench.status().trouble, "/nowhere/worker"));
  Attempt& attempt = warm_bench.start("");
  warm_bench.end(attempt);
  CHECK(end_of<Stopped>(attempt).reason == StopReason::shutdown);
}

TEST_CASE("a process that never says ready is killed after its time", "[worker][pool][degraded]") {
  auto spec = warm(1, 1, "print('still loading', flush=True)\ntime.sleep(60)\n");
  spec.start_timeout = 200ms;
  WarmBench warm_bench(spec);
  REQUIRE(warm_bench.until([&] { return warm_bench.status().degraded; }));
  CHECK(contains(warm_bench.status().trouble, "was not ready within 200 ms: still loading"));
}

TEST_CASE("an idle process that is killed from outside is replaced, and no task notices", "[worker][pool][death]") {
  WarmBench warm_bench(warm(1, 1));
  REQUIRE(warm_bench.warmed(1));
  const auto pid = warm_bench.status().pids.at(0);
  const auto pidfd = process::open_pidfd(static_cast<int>(pid));
  process::send_signal(pidfd, SIGKILL);
  const Attempt& attempt = warm_bench.run("result(task, 1)");   // handed to the dead one, or to its successor
  if (attempt.witness.pids.front() == pid) CHECK(end_of<Crashed>(attempt).signal == SIGKILL);
  else CHECK(end_of<Succeeded>(attempt).result == "1");
  CHECK(end_of<Succeeded>(warm_bench.run("result(task, 2)")).result == "2");
  CHECK(warm_bench.status().died == 1);
}

TEST_CASE("another declaration is another pool; the old one ends with its last task", "[worker][pool][reload]") {
  WarmBench warm_bench(warm(1, 2));
  REQUIRE(warm_bench.warmed(1));
  const auto old_pid = warm_bench.status().pids.at(0);
  Attempt& running = warm_bench.start("hear(); result(task, 'old')");
  REQUIRE(warm_bench.until([&] { return running.witness.pids.size() == 1; }));

  auto fresh_spec = warm(1, 2);
  fresh_spec.kind = "fresh";
  const auto fresh = shared(fresh_spec);
  const auto old = std::exchange(warm_bench.pool, fresh);
  warm_bench.bench.executors->declare({fresh});
  CHECK(warm_bench.bench.executors->pools().size() == 2);
  CHECK(end_of<Succeeded>(warm_bench.run("result(task, 'new')")).result == "\"new\"");
  CHECK_FALSE(running.outcome);

  Attempt& late = warm_bench.start(warm_bench.order("result(task, 'late')", old));   // claimed before, begun after
  warm_bench.end(late);
  CHECK(end_of<Succeeded>(late).result == "\"late\"");
  running.brake.stop(StopReason::cancel);
  warm_bench.end(running);
  CHECK(end_of<Succeeded>(running).result == "\"old\"");
  REQUIRE(warm_bench.until([&] { return warm_bench.bench.executors->pools().size() == 1; }));
  CHECK(warm_bench.status().kind == "fresh");
  CHECK_FALSE(process::read_stat(static_cast<int>(old_pid)));
  CHECK(end_of<Succeeded>(warm_bench.run(warm_bench.order("result(task, 'later')", old))).result == "\"later\"");
}

TEST_CASE("closing ends idle, busy and starting processes and leaves nothing", "[worker][pool][close]") {
  Options chosen = options();
  chosen.cgroups = false;      // leaves made ahead are closed when they are spent
  WarmBench warm_bench(warm(0, 1), chosen);
  warm_bench.bench.close();   // the loop itself opens some descriptors when it is used for the first time
  const auto before = open_descriptors();
  auto slow = warm(1, 1, "time.sleep(60)\n");
  slow.kind = "slow";
  const auto slow_pool = shared(slow);
  const auto busy_pool = shared(warm(2, 2));
  warm_bench.pool = busy_pool;
  warm_bench.bench.executors->declare({slow_pool, busy_pool});
  REQUIRE(warm_bench.until([&] { return warm_bench.bench.executors->pools().at(1).idle == 2; }));
  Attempt& busy = warm_bench.start("hear(); sys.exit(0)");
  Attempt& waiting = warm_bench.start(warm_bench.order("", slow_pool));
  REQUIRE(warm_bench.until([&] { return busy.witness.pids.size() == 1; }));
  warm_bench.bench.close();
  CHECK(end_of<Stopped>(busy).reason == StopReason::shutdown);
  CHECK(end_of<Stopped>(waiting).reason == StopReason::shutdown);
  CHECK(warm_bench.bench.executors->pools().empty());
  CHECK(children().empty());
  CHECK(open_descriptors() == before);
  CHECK(end_of<Stopped>(warm_bench.run("")).reason == StopReason::shutdown);
}

TEST_CASE("workers that are dropped with their loop are gone", "[worker][pool][close]") {
  const auto before = open_descriptors();
  {
    WarmBench warm_bench(warm(2, 2));
    REQUIRE(warm_bench.warmed(2));
    Attempt& busy = warm_bench.start("time.sleep(60)");
    warm_bench.start("time.sleep(60)");
    warm_bench.start("time.sleep(60)");
    REQUIRE(warm_bench.until([&] { return busy.witness.pids.size() == 1; }));
  }
  CHECK(children().empty());
  CHECK(open_descriptors() == before);
}
