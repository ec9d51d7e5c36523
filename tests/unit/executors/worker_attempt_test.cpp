// Attempts at real warm processes, also hostile ones: what a process says, prints, leaves behind, and how it dies.
#include <csignal>

#include "executors/process/proc.hpp"
#include "tests/unit/executors/bodies.hpp"
#include "tests/unit/executors/warm_bench.hpp"

using namespace reeve::executors;
using namespace reeve::executors::testing;
using namespace std::chrono_literals;

namespace {

// The pool serves the next task as if nothing had happened.
void serves_on(WarmBench& warm_bench) { CHECK(end_of<Succeeded>(warm_bench.run("result(task, 'on')")).result == "\"on\""); }

}  // namespace

TEST_CASE("a worker that dies with a task gives the true cause, once", "[worker][death]") {
  WarmBench warm_bench(warm(1, 1));
  const Attempt& killed = warm_bench.run("os.kill(os.getpid(), 9); time.sleep(60)");
  CHECK(end_of<Crashed>(killed).signal == SIGKILL);
  CHECK(killed.outcome->exit.signal == SIGKILL);
  serves_on(warm_bench);
  CHECK(end_of<Crashed>(warm_bench.run("os.kill(os.getpid(), 11); time.sleep(60)")).signal == SIGSEGV);
  serves_on(warm_bench);
  for (const int code : {0, 3, 127}) {
    const Attempt& exited = warm_bench.run("os._exit(" + std::to_string(code) + ")");
    CHECK(end_of<Failed>(exited).code == "worker_exit");
    CHECK(end_of<Failed>(exited).message == "the worker exited with " + std::to_string(code) + " while it had the task");
    CHECK(exited.outcome->exit.code == code);
    CHECK(exited.witness.pids.size() == 1);
  }
  serves_on(warm_bench);
  CHECK(warm_bench.status().died == 5);
}

TEST_CASE("a result that was said counts although the worker dies right after it", "[worker][death]") {
  WarmBench warm_bench(warm(1, 1));
  for (int i = 1; i <= 10; ++i) {
    CHECK(end_of<Succeeded>(warm_bench.run("result(task, 1); os.kill(os.getpid(), 9)")).result == "1");
    REQUIRE(warm_bench.until([&] { return warm_bench.status().died == i && warm_bench.status().idle == 1; }));
  }
}

TEST_CASE("a worker that says nonsense is killed, its task ends as a protocol error", "[worker][protocol]") {
  const std::string nonsense = GENERATE(Catch::Generators::as<std::string>{}, "os.write(3, b'nonsense\\n' * 200); time.sleep(60)",
                                        "os.write(3, b'x' * (2 << 20)); time.sleep(60)",
                                        "[say({'type': 'result', 'task': 999, 'value': 5}) for i in range(200)]; time.sleep(60)",
                                        "os.close(3); time.sleep(60)",
                                        "os.set_blocking(3, False)\nfor i in range(100000):\n  try: say({'type': 'beat', 'id': 'x' * 200})\n  except BlockingIOError: time.sleep(0.001)\n");
  WarmBench warm_bench(warm(1, 1));
  INFO(nonsense);
  const Attempt& attempt = warm_bench.run(nonsense);
  CHECK_FALSE(end_of<ProtocolError>(attempt).message.empty());
  CHECK(attempt.outcome->exit.signal == SIGKILL);
  serves_on(warm_bench);
  CHECK(warm_bench.status().died == 1);
}

TEST_CASE("an idle worker that floods the protocol is replaced", "[worker][protocol]") {
  WarmBench warm_bench(warm(1, 1, "say({'type': 'ready'})\nfor i in range(200): say({'type': 'nonsense'})\ntime.sleep(60)\n"));
  REQUIRE(warm_bench.until([&] { return warm_bench.status().died > 0; }));
  REQUIRE(warm_bench.until([&] { return warm_bench.status().started > 1; }));
}

TEST_CASE("a message for an attempt that has ended, or for another's, changes nothing and is told so", "[worker][protocol]") {
  WarmBench warm_bench(warm(1, 1));
  warm_bench.run("result(task, 1)");
  const Attempt& late = warm_bench.run("say({'type': 'progress', 'id': 'late', 'task': task['task'] - 1, 'epoch': 2, 'percent': 90}); result(task, hear())");
  CHECK(contains(end_of<Succeeded>(late).result, R"("re": "late")"));
  CHECK(contains(end_of<Succeeded>(late).result, "lease_lost"));
  CHECK(late.witness.reports.empty());

  const Attempt& forged = warm_bench.run("say({'type': 'result', 'id': 1, 'task': 12345, 'epoch': 2, 'value': 'forged'}); result(task, hear()['error']['code'])");
  CHECK(end_of<Succeeded>(forged).result == "\"lease_lost\"");
  const Attempt& stale = warm_bench.run("say({'type': 'result', 'id': 1, 'task': task['task'], 'epoch': 1, 'value': 'forged'}); result(task, hear()['error']['code'])");
  CHECK(end_of<Succeeded>(stale).result == "\"lease_lost\"");
  CHECK(warm_bench.status().started == 1);
}

TEST_CASE("a worker with one task need not name it", "[worker][protocol]") {
  WarmBench warm_bench(warm(1, 1));
  const Attempt& attempt = warm_bench.run("say({'type': 'progress', 'percent': 5}); say({'type': 'result', 'value': 3})");
  CHECK(end_of<Succeeded>(attempt).result == "3");
  CHECK(attempt.witness.reports.size() == 1);
}

TEST_CASE("a result above its limit fails the attempt, and the worker stays", "[worker][protocol]") {
  WarmBench warm_bench(warm(1, 1));
  CHECK(end_of<Failed>(warm_bench.run("result(task, 'x' * ((1 << 20) + 1))")).code == "result_too_large");
  serves_on(warm_bench);
  CHECK(warm_bench.status().started == 1);
}

TEST_CASE("tasks that one process has at once are told apart", "[worker][parallel]") {
  auto spec = warm(1, 1, R"(
say({"type": "ready"})
tasks = []
while len(tasks) < 3:
    tasks.append(hear())
print("all are here", flush=True)
say({"type": "progress", "percent": 50})
for task in reversed(tasks):
    tell(task, "log", message="of " + str(task["task"]))
    result(task, task["payload"])
hear()
)");
  spec.parallel = 3;
  WarmBench warm_bench(spec);
  std::vector<Attempt*> attempts;
  for (const char* word : {"a", "b", "c"}) attempts.push_back(&warm_bench.start(word));
  for (std::size_t i = 0; i < 3; ++i) {
    warm_bench.end(*attempts[i]);
    CHECK(end_of<Succeeded>(*attempts[i]).result == std::string("\"") + "abc"[i] + "\"");
    CHECK(attempts[i]->witness.printed("of " + std::to_string(i + 1)));
    CHECK(attempts[i]->witness.reports.empty());   // nobody's, as it names no task
    CHECK(attempts[i]->witness.printed("all are here") == (i == 0));
  }
  CHECK(warm_bench.status().started == 1);
}

TEST_CASE("with several tasks, the kill of one interrupts the others", "[worker][parallel][stop]") {
  auto spec = warm(1, 1, "say({'type': 'ready'})\nwhile hear(): pass\ntime.sleep(60)\n");
  spec.parallel = 2;
  WarmBench warm_bench(spec);
  Execution first = warm_bench.order("x");
  first.stop_grace = 50ms;
  Attempt& stopped = warm_bench.start(std::move(first));
  Attempt& other = warm_bench.start("y");
  REQUIRE(warm_bench.until([&] { return stopped.witness.pids.size() == 1 && other.witness.pids.size() == 1; }));
  stopped.brake.stop(StopReason::timeout);
  warm_bench.end(stopped);
  warm_bench.end(other);
  CHECK(end_of<Stopped>(stopped).reason == StopReason::timeout);
  CHECK(end_of<Stopped>(other).reason == StopReason::shutdown);
}

TEST_CASE("a cancelled task that ends in time leaves the worker alive", "[worker][stop]") {
  WarmBench warm_bench(warm(1, 1));
  Attempt& heeding = warm_bench.start("notice = hear(); tell(task, 'error', code=notice['reason'], message='ok')");
  REQUIRE(warm_bench.until([&] { return heeding.witness.pids.size() == 1; }));
  heeding.brake.stop(StopReason::stalled);
  warm_bench.end(heeding);
  CHECK(end_of<Stopped>(heeding).reason == StopReason::stalled);
  Attempt& finishing = warm_bench.start("notice = hear(); result(task, [notice['type'], notice['task'], notice['grace_ms']])");
  REQUIRE(warm_bench.until([&] { return finishing.witness.pids.size() == 1; }));
  finishing.brake.stop(StopReason::cancel);
  warm_bench.end(finishing);
  CHECK(end_of<Succeeded>(finishing).result == R"(["cancel", 2, 10000])");
  CHECK(warm_bench.status().started == 1);
}

TEST_CASE("a task that does not heed the stop is killed with the worker after its grace, which is replaced", "[worker][stop]") {
  WarmBench warm_bench(warm(1, 1));
  Execution execution = warm_bench.order("signal.signal(15, signal.SIG_IGN)\nsubprocess.Popen(['sleep', '61'])\ntime.sleep(60)");
  execution.stop_grace = 100ms;
  Attempt& attempt = warm_bench.start(std::move(execution));
  REQUIRE(warm_bench.until([&] { return attempt.witness.pids.size() == 1; }));
  attempt.brake.stop(StopReason::timeout);
  warm_bench.end(attempt);
  CHECK(end_of<Stopped>(attempt).reason == StopReason::timeout);
  CHECK(attempt.outcome->exit.signal == SIGKILL);
  CHECK_FALSE(process::read_stat(static_cast<int>(attempt.witness.pids.front())));
  serves_on(warm_bench);
  CHECK(warm_bench.status().died == 0);
}

TEST_CASE("children that a task leaves are killed and named, and the worker is replaced", "[worker][children]") {
  const bool cgroups = GENERATE(true, false);
  const std::string how = GENERATE(Catch::Generators::as<std::string>{}, "subprocess.Popen(['sleep', '62'])", "subprocess.Popen(['setsid', 'sleep', '62'])",
                                   "subprocess.run(['sh', '-c', 'sleep 62 > /dev/null 2>&1 &'])",
                                   "import threading\nt = threading.Thread(target=lambda: subprocess.Popen(['sleep', '62']))\nt.start()\nt.join()");
  INFO(how);
  WarmBench warm_bench(warm(1, 1), with_cgroups(cgroups));
  const Attempt& attempt = warm_bench.run(how + "\nresult(task, 1)");
  CHECK(end_of<Succeeded>(attempt).result == "1");
  REQUIRE(attempt.outcome->left_children.size() == 1);
  CHECK_FALSE(process::read_stat(static_cast<int>(attempt.outcome->left_children.front().pid)));
  CHECK_FALSE(process::read_stat(static_cast<int>(attempt.witness.pids.front())));
  const Attempt& next = warm_bench.run("result(task, 2)");
  CHECK(end_of<Succeeded>(next).result == "2");
  CHECK(next.witness.pids != attempt.witness.pids);
  CHECK(next.outcome->left_children.empty());
}

TEST_CASE("processes that a worker had when it was ready are part of it", "[worker][children]") {
  const bool cgroups = GENERATE(true, false);
  auto spec = warm(1, 1, "helper = subprocess.Popen(['sleep', '63'])\n" + does_as_told);
  auto process = std::make_shared<ProcessSpec>(*spec.process);
  process->command.insert(process->command.begin(), {"/bin/sh", "-c", "\"$@\"; exit 0", "sh"});   // a shell that does not replace itself
  spec.process = process;
  WarmBench warm_bench(spec, with_cgroups(cgroups));
  for (int i = 0; i < 3; ++i) CHECK(warm_bench.run("result(task)").outcome->left_children.empty());
  CHECK(warm_bench.status().started == 1);
  warm_bench.bench.close();
  CHECK(children().empty());
}

TEST_CASE("what a worker prints belongs to the task it has; what it prints without one is nobody's", "[worker][output]") {
  WarmBench warm_bench(warm(1, 1, "print('warming up', flush=True)\n" + does_as_told));
  const Attempt& first = warm_bench.run("print('one', flush=True); print('oops', file=sys.stderr, flush=True); sys.stdout.write('half'); sys.stdout.flush(); result(task)");
  const Attempt& second = warm_bench.run("print('two', flush=True); result(task)");
  CHECK(first.witness.printed("one"));
  CHECK(first.witness.printed("half"));
  CHECK_FALSE(first.witness.printed("warming up"));
  CHECK(first.outcome->stderr_tail == "oops\n");
  CHECK(second.witness.printed("two"));
  CHECK_FALSE(second.witness.printed("one"));
  CHECK(second.outcome->stderr_tail.empty());
  CHECK(second.outcome->use.output_bytes == 4);
}

TEST_CASE("all lines of a task are read before its result is given", "[worker][output]") {
  WarmBench warm_bench(warm(1, 1));
  for (int round = 0; round < 20; ++round) {
    const Attempt& attempt = warm_bench.run("os.write(1, b''.join(b'line %d\\n' % i for i in range(3000))); result(task)");
    CHECK(attempt.witness.lines.size() == 3000);
  }
}

TEST_CASE("a flood of output is bounded, and read no faster than it is stored", "[worker][output]") {
  WarmBench warm_bench(warm(1, 1));
  Attempt& attempt = warm_bench.start("for i in range(400): os.write(1, b'x' * 9999 + b'\\n')\nresult(task)");
  attempt.witness.backlog = 2 << 20;
  REQUIRE(warm_bench.until([&] { return static_cast<bool>(attempt.witness.resume); }));
  CHECK_FALSE(attempt.outcome);
  attempt.witness.backlog = 0;
  attempt.witness.resume();
  warm_bench.end(attempt);
  CHECK(attempt.outcome->use.output_bytes == 4'000'000);
  CHECK(attempt.outcome->use.dropped_bytes > 2'900'000);
  serves_on(warm_bench);
}

TEST_CASE("an attempt that is told to suspend ends so, and the worker stays when it says suspend", "[worker][suspend]") {
  WarmBench warm_bench(warm(1, 1));
  const auto told_to_suspend = [](const Request&) {
    Answer answer;
    answer.suspend = true;
    return answer;
  };
  Attempt& obeying = warm_bench.start("say({'type': 'sleep', 'id': 1, 'for_ms': 1000}); hear(); tell(task, 'suspend')");
  obeying.witness.answer_with = told_to_suspend;
  warm_bench.end(obeying);
  CHECK(std::holds_alternative<Suspended>(obeying.outcome->end));
  CHECK(warm_bench.status().died == 0);
  CHECK(warm_bench.status().idle == 1);
  Execution execution = warm_bench.order("say({'type': 'sleep', 'id': 1, 'for_ms': 1000}); time.sleep(60)");
  execution.stop_grace = 50ms;
  Attempt& ignoring = warm_bench.start(std::move(execution));
  ignoring.witness.answer_with = told_to_suspend;
  warm_bench.end(ignoring);
  CHECK(std::holds_alternative<Suspended>(ignoring.outcome->end));
  serves_on(warm_bench);
  CHECK(warm_bench.status().started == 2);
}

TEST_CASE("somebody who knows the token may speak for an attempt at a worker", "[worker][protocol]") {
  WarmBench warm_bench(warm(1, 1));
  Attempt& attempt = warm_bench.start("hear(); result(task, 1)");
  REQUIRE(warm_bench.until([&] { return attempt.witness.ear != nullptr; }));
  std::string reply;
  attempt.witness.ear->hear(R"({"type":"progress","percent":40})", [&](const std::string& line) { reply = line; });
  CHECK(reply == "{\"ok\":true}\n");
  CHECK(attempt.witness.reports.at(0).percent == 40);
  attempt.brake.stop(StopReason::cancel);
  warm_bench.end(attempt);
  CHECK(attempt.witness.ear == nullptr);
}

TEST_CASE("the processor time of a task is its own", "[worker][use]") {
  WarmBench warm_bench(warm(1, 1));
  const Attempt& busy = warm_bench.run("end = time.process_time() + 0.1\nwhile time.process_time() < end: pass\nresult(task)");
  const Attempt& quick = warm_bench.run("result(task)");
  CHECK(busy.outcome->use.cpu_user >= 95ms);
  CHECK(quick.outcome->use.cpu_user < 50ms);
  CHECK(quick.outcome->use.max_rss_kib > 1000);
}

TEST_CASE("thousands of attempts leave the descriptors and the children as they were", "[worker][use]") {
  WarmBench warm_bench(warm(2, 2));
  REQUIRE(warm_bench.warmed(2));
  const auto before = open_descriptors();
  const auto processes = children();
  for (int i = 0; i < 2000; ++i) {
    Attempt& attempt = warm_bench.start("result(task)");
    if (i % 8 == 7) warm_bench.end(attempt);
  }
  REQUIRE(warm_bench.until([&] { return warm_bench.bench.running == 0; }));
  CHECK(open_descriptors() == before);
  CHECK(children() == processes);
}
