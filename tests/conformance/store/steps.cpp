#include "tests/conformance/store/steps_fixture.hpp"

namespace reeve::store::conformance {

using Begun = StepBegun::Result;
using StepEnd = StepEnded::Result;

TEST_CASE("a completed step gives its output to every later attempt, byte for byte", "[steps][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey first = test.start_one();
  const std::string output = "{\"file\": \"\xC3\xA4.bin\",\n \"n\": 1.0}";
  CHECK(test.begin(first, "download", R"({"url":"x"})").result == Begun::begun);
  test.now += 40ms;
  CHECK(test.end(first, "download", output).result == StepEnd::recorded);
  REQUIRE(test.finish(StoreTest::failed(first, Requeue{test.now})).recorded);
  const ClaimKey second = test.start_one();
  const StepBegun again = test.begin(second, "download", "2");
  CHECK(again.result == Begun::done);
  CHECK(again.output == output);
  const auto steps = all_steps(*test.reader, id);
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].status == StepStatus::completed);
  CHECK(steps[0].tries == 1);
  CHECK(steps[0].epoch == first.epoch);
  CHECK(steps[0].input == R"({"url":"x"})");
  CHECK(steps[0].output == output);
  CHECK(test.reader->step_tries(id).size() == 1);
  CHECK(test.last_event_data(id, "task.step") == R"({"name":"download","status":"completed","tries":1})");
}

TEST_CASE("a failed step keeps its error and runs again", "[steps][conformance][case-110][case-113]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.begin(key, "one").result == Begun::begun);
  CHECK(test.end(key, "one", {}, StoreTest::error("broken")).result == StepEnd::recorded);
  CHECK(all_steps(*test.reader, id).at(0).status == StepStatus::failed);
  CHECK(all_steps(*test.reader, id).at(0).error_code == "broken");
  CHECK(test.begin(key, "one").result == Begun::begun);
  CHECK(test.end(key, "one", "3").result == StepEnd::recorded);
  const Step step = all_steps(*test.reader, id).at(0);
  CHECK(step.tries == 2);
  CHECK(step.output == "3");
  CHECK(step.error_message == "it did not work");
  const auto tries = test.reader->step_tries(id);
  REQUIRE(tries.size() == 2);
  CHECK(tries[0].status == StepStatus::failed);
  CHECK(tries[1].status == StepStatus::completed);
}

TEST_CASE("a step that a dead attempt left running is tried again", "[steps][conformance][case-118]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey dead = test.start_one();
  REQUIRE(test.begin(dead, "one", "[1]").result == Begun::begun);
  test.now += 1min;
  REQUIRE(test.expire().lost.size() == 1);
  CHECK(all_steps(*test.reader, id).at(0).status == StepStatus::running);
  CHECK(all_steps(*test.reader, id).at(0).input == "[1]");
  const ClaimKey key = test.start_one();
  CHECK(test.end(key, "one").result == StepEnd::not_begun);
  CHECK(test.begin(key, "one").result == Begun::begun);
  CHECK(test.end(key, "one").result == StepEnd::recorded);
  const auto tries = test.reader->step_tries(id);
  REQUIRE(tries.size() == 2);
  CHECK(tries[0].status == StepStatus::running);
  CHECK_FALSE(tries[0].ended_at);
  CHECK(tries[0].epoch == dead.epoch);
  CHECK(tries[1].epoch == key.epoch);
}

TEST_CASE("the output of a step is stored once", "[steps][conformance][case-113]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  CHECK(test.end(key, "one").result == StepEnd::not_begun);
  REQUIRE(test.begin(key, "one").result == Begun::begun);
  REQUIRE(test.end(key, "one", "1").result == StepEnd::recorded);
  CHECK(test.end(key, "one", "2").result == StepEnd::already_completed);
  CHECK(test.end(key, "one", {}, StoreTest::error()).result == StepEnd::already_completed);
  const Step step = all_steps(*test.reader, id).at(0);
  CHECK(step.output == "1");
  CHECK(step.status == StepStatus::completed);
  CHECK(step.error_code.empty());
}

TEST_CASE("a step, its try and its event are stored together or not at all", "[steps][conformance][case-111]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.begin(key, "one").result == Begun::begun);
  const std::string before = test.everything(id);
  const auto ends_and_breaks = [&](Store& s) -> bool {
    if (s.steps().end_step(key, "one", "1", {}, test.now).result != StepEnd::recorded) return false;
    throw std::runtime_error("the writer broke");
  };
  CHECK_THROWS_WITH(test.batch(ends_and_breaks), Catch::Contains("the writer broke"));
  CHECK(test.everything(id) == before);
  CHECK(all_steps(*test.reader, id).at(0).status == StepStatus::running);
  CHECK(test.reader->step_tries(id).at(0).status == StepStatus::running);
  CHECK(test.count_events(id, "task.step") == 0);
  REQUIRE(test.end(key, "one").result == StepEnd::recorded);
  CHECK(all_steps(*test.reader, id).at(0).status == StepStatus::completed);
  CHECK(test.reader->step_tries(id).at(0).status == StepStatus::completed);
  CHECK(test.count_events(id, "task.step") == 1);
}

TEST_CASE("of steps that are done side by side only those without an end run again", "[steps][conformance][case-123]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey dead = test.start_one();
  REQUIRE(test.begin(dead, "left").result == Begun::begun);
  test.now += 10ms;
  REQUIRE(test.begin(dead, "right").result == Begun::begun);
  test.now += 20ms;
  REQUIRE(test.end(dead, "left", "1").result == StepEnd::recorded);
  test.now += 1min;
  REQUIRE(test.expire().lost.size() == 1);
  const ClaimKey key = test.start_one();
  CHECK(test.begin(key, "left").result == Begun::done);
  CHECK(test.begin(key, "right").result == Begun::begun);
  test.now += 5ms;
  CHECK(test.end(key, "right", "2").result == StepEnd::recorded);
  const auto steps = all_steps(*test.reader, id);
  REQUIRE(steps.size() == 2);
  CHECK((steps[0].name == "left" && steps[0].tries == 1));
  CHECK((steps[1].name == "right" && steps[1].tries == 2));
  std::vector<Millis> took;
  for (const StepTry& each : test.reader->step_tries(id))
    if (each.ended_at) took.push_back(*each.ended_at - each.begun_at);
  CHECK(took == std::vector<Millis>{30ms, 5ms});
}

TEST_CASE("a step that failed is done by the next try, when that is due", "[steps][retry][conformance][case-98]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey first = test.start_one();
  REQUIRE(test.begin(first, "one").result == Begun::begun);
  REQUIRE(test.end(first, "one", {}, StoreTest::error()).result == StepEnd::recorded);
  const Timestamp again = test.now + 10s;
  REQUIRE(test.finish(StoreTest::failed(first, Requeue{again})).retry_at == again);
  CHECK(test.state(id) == State::retrying);
  CHECK(test.claim(test.claim_request()).next_due == again);
  test.now = again;
  CHECK(test.state(id) == State::queued);
  const ClaimKey second = test.start_one();
  CHECK(test.begin(second, "one").result == Begun::begun);
  CHECK(test.end(second, "one").result == StepEnd::recorded);
  CHECK(all_steps(*test.reader, id).at(0).status == StepStatus::completed);
}

TEST_CASE("nothing of a step is stored once its task is cancelled", "[steps][cancel][conformance][case-36]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.begin(key, "one").result == Begun::begun);
  test.cancel(id);
  REQUIRE(test.finish(StoreTest::failed(key, Cancel{}, Outcome::cancelled)).status == Status::cancelled);
  const std::string before = test.everything(id);
  CHECK(test.end(key, "one").result == StepEnd::lost);
  CHECK(test.begin(key, "two").result == Begun::lost);
  CHECK(test.everything(id) == before);
  CHECK(test.status(id) == Status::cancelled);
}

TEST_CASE("a fenced-out attempt changes no step, wait, signal or timer", "[steps][waits][signals][conformance][case-5][case-8][case-126]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey stale = test.start_one();
  REQUIRE(test.begin(stale, "one").result == Begun::begun);
  REQUIRE(test.send(id, "go").result == SignalSent::Result::sent);
  test.now += 1min;
  test.expire();
  test.start_one();
  const std::string before = test.everything(id);
  CHECK(test.begin(stale, "two").result == Begun::lost);
  CHECK(test.end(stale, "one").result == StepEnd::lost);
  CHECK(test.wait(stale, StepsTest::sleep_until(test.now)).result == WaitAnswer::Result::lost);
  CHECK(test.take(stale).result == SignalTaken::Result::lost);
  CHECK(test.set_timer(stale, "t", test.now) == TimerResult::lost);
  CHECK(test.cancel_timer(stale, "t") == TimerResult::lost);
  CHECK_FALSE(test.enqueue_once(stale, "child", StoreTest::task()));
  CHECK_FALSE(test.enqueue_once(stale, "", StoreTest::task()));
  CHECK_FALSE(test.suspend(stale).recorded);
  CHECK(test.everything(id) == before);
  CHECK(all_steps(*test.reader, id).size() == 1);
  CHECK(all_signals(*test.reader, id, true).size() == 1);
  CHECK(test.reader->timers(id).empty());
}

TEST_CASE("steps and waits share their names", "[steps][waits][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.begin(key, "one").result == Begun::begun);
  const WaitAnswer refused = test.wait(key, StepsTest::sleep_until(test.now + 1s, "one"));
  CHECK(refused.result == WaitAnswer::Result::refused);
  CHECK_THAT(refused.message, Catch::Contains("\"one\"") && Catch::Contains("another name"));
  CHECK(test.take(key, {}, "one").result == SignalTaken::Result::refused);
  CHECK(std::get<EnqueueRefused>(test.enqueue_once(key, "one", StoreTest::task()).value()).reason == EnqueueRefused::Reason::step_refused);
  REQUIRE(test.wait(key, StepsTest::sleep_until(test.now, "nap")).result == WaitAnswer::Result::done);
  CHECK(test.begin(key, "nap").result == Begun::refused);
  CHECK(all_steps(*test.reader, id).size() == 2);
}

TEST_CASE("the answers about a step tell of a cancel request", "[steps][cancel][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  CHECK_FALSE(test.begin(key, "one").cancel_requested);
  test.cancel(id);
  CHECK(test.end(key, "one").cancel_requested);
  CHECK(test.begin(key, "one").cancel_requested);
  CHECK(test.begin(key, "two").cancel_requested);
}

TEST_CASE("a step is a sign of life", "[steps][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.flag_stale(key));
  test.now += 5s;
  test.begin(key, "one");
  CHECK_FALSE(test.get(id).stale_at);
  CHECK(test.get(id).last_seen_at == test.now);
}

TEST_CASE("steps outlive retries and reopening, and go with the task", "[steps][retry][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.begin(key, "one");
  REQUIRE(test.end(key, "one", "7").result == StepEnd::recorded);
  REQUIRE(test.finish(StoreTest::failed(key, Fail{})).recorded);
  REQUIRE(test.retry(id) == RetryResult::requeued);
  const ClaimKey again = test.start_one();
  CHECK(test.begin(again, "one").output == "7");
  REQUIRE(test.finish(StoreTest::succeeded(again)).recorded);
  CHECK(all_steps(*test.reader, id).size() == 1);
  REQUIRE(test.remove(id) == RemoveResult::removed);
  CHECK(all_steps(*test.reader, id).empty());
  CHECK(test.reader->step_tries(id).empty());
}

TEST_CASE("a success may drop the steps, a failure keeps them", "[steps][finish][conformance]") {
  StepsTest test;
  const bool succeeds = GENERATE(true, false);
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.begin(key, "one");
  test.end(key, "one");
  Finish end = succeeds ? StoreTest::succeeded(key) : StoreTest::failed(key, Fail{});
  end.keep_steps = false;
  REQUIRE(test.finish(end).recorded);
  CHECK(all_steps(*test.reader, id).size() == (succeeds ? 0 : 1));
  CHECK(test.reader->step_tries(id).size() == (succeeds ? 0 : 1));
}

TEST_CASE("a task has so many steps and no more", "[steps][conformance]") {
  StepsTest test;
  test.enqueue();
  const ClaimKey key = test.start_one();
  test.batch([&](Store& s) {
    for (int i = 0; i < Steps::steps_max; ++i) (void)s.steps().begin_step(key, std::to_string(i), {}, test.now);
  });
  const StepBegun refused = test.begin(key, "one too many");
  CHECK(refused.result == Begun::refused);
  CHECK_THAT(refused.message, Catch::Contains("10000"));
  CHECK(test.wait(key, StepsTest::sleep_until(test.now)).result == WaitAnswer::Result::refused);
  CHECK(test.begin(key, "17").result == Begun::begun);
}

TEST_CASE("the durations of steps are told by kind and name", "[steps][conformance]") {
  StepsTest test;
  for (const auto took : {10ms, 20ms, 60ms}) {
    test.enqueue();
    const ClaimKey key = test.start_one();
    test.begin(key, "load");
    test.now += took;
    test.end(key, "load");
    test.begin(key, "never ended");
    REQUIRE(test.finish(StoreTest::succeeded(key)).recorded);
  }
  const auto timings = test.reader->step_timings("echo", 100);
  REQUIRE(timings.size() == 1);
  CHECK(timings[0].name == "load");
  CHECK(timings[0].samples == 3);
  CHECK(timings[0].mean_ms == Approx(30));
  CHECK(timings[0].p50_ms == Approx(20));
  CHECK(test.reader->step_timings("echo", 1).at(0).mean_ms == Approx(60));
  CHECK(test.reader->step_timings("report", 100).empty());
}

TEST_CASE("a named enqueue stores its task once over all attempts", "[steps][enqueue][conformance]") {
  StepsTest test;
  test.enqueue();
  const ClaimKey first = test.start_one();
  NewTask child = StoreTest::task("report");
  child.parent = first.task;
  const auto stored = std::get<EnqueueDone>(test.enqueue_once(first, "child", child).value());
  CHECK_FALSE(stored.replayed);
  CHECK(test.get(stored.tasks.at(0).id).parent == first.task);
  REQUIRE(test.finish(StoreTest::failed(first, Requeue{test.now, Budget::interruption})).recorded);
  ClaimRequest request = test.claim_request(1);
  request.kinds = {{"echo", 1}};
  const auto tasks = test.claim(request).tasks;
  REQUIRE(tasks.size() == 1);
  const auto again = std::get<EnqueueDone>(test.enqueue_once({tasks[0].id, tasks[0].epoch}, "child", child).value());
  CHECK(again.replayed);
  CHECK(again.tasks.at(0).id == stored.tasks.at(0).id);
  CHECK(again.tasks.at(0).disposition == EnqueueDisposition::created);
  CHECK(test.counts().at("default/report/queued") == 1);
}

TEST_CASE("an enqueue without a name stores a task each time and is no step", "[steps][enqueue][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  for (int i = 0; i < 2; ++i) CHECK(std::holds_alternative<EnqueueDone>(test.enqueue_once(key, "", StoreTest::task("report")).value()));
  CHECK(test.counts().at("default/report/queued") == 2);
  CHECK(all_steps(*test.reader, id).empty());
}

TEST_CASE("staged enqueues are stored with the success and forgotten otherwise", "[steps][enqueue][finish][conformance]") {
  StepsTest test;
  NewTask taken = StoreTest::task("report");
  taken.external_id = "mine";
  const TaskId holder = test.enqueue(taken);
  NewTask twin = StoreTest::task("report");
  twin.dedupe = Dedupe{"k", KeyScope::kind};
  test.enqueue();
  ClaimRequest request = test.claim_request(1);
  request.kinds = {{"echo", 1}};
  const Task task = test.claim(request).tasks.at(0);
  Finish end = StoreTest::failed({task.id, task.epoch}, Requeue{test.now});
  end.staged = {twin, taken, twin};
  CHECK(test.finish(end).staged.empty());
  CHECK(test.counts().at("default/report/queued") == 1);
  const Task again = test.claim(request).tasks.at(0);
  Finish success = StoreTest::succeeded({again.id, again.epoch});
  success.staged = end.staged;
  const Finished finished = test.finish(success);
  CHECK(finished.status == Status::succeeded);
  REQUIRE(finished.staged.size() == 3);
  CHECK(finished.staged[0].disposition == EnqueueDisposition::created);
  CHECK(finished.staged[1].disposition == EnqueueDisposition::reused);
  CHECK(finished.staged[1].id == holder);
  CHECK(finished.staged[2].id == finished.staged[0].id);
  CHECK(finished.staged[2].disposition == EnqueueDisposition::reused);
  CHECK(test.counts().at("default/report/queued") == 2);
  success.staged = {StoreTest::task("report")};
  CHECK_FALSE(test.finish(success).recorded);
  CHECK(test.counts().at("default/report/queued") == 2);
}

TEST_CASE("an attempt whose start was never recorded names its executor at its end", "[finish][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const bool seen = GENERATE(true, false);
  Finish end = StoreTest::succeeded(seen ? test.start_one() : test.claim_one());
  end.executor = "worker";
  end.started_at = test.now;
  REQUIRE(test.finish(end).recorded);
  CHECK(test.reader->attempts(id).at(0).executor == (seen ? "process" : "worker"));
}

TEST_CASE("steps and signals come in pages, and the newest of them can be asked for", "[steps][signals][conformance][case-125]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  test.batch([&](Store& s) {
    for (int number = 1; number <= 250; ++number) {
      (void)s.steps().begin_step(key, "step " + std::to_string(number), "", test.now);
      (void)s.steps().end_step(key, "step " + std::to_string(number), "1", {}, test.now);
      (void)s.steps().send_signal(id, "go", std::to_string(number), "", test.now);
    }
    return 0;
  });
  StepQuery query;
  query.task = id;
  const StepPage first = test.reader->steps(query);
  REQUIRE(first.steps.size() == 200);
  CHECK(first.more);
  CHECK(first.steps.front().name == "step 1");
  query.after = first.next;
  const StepPage second = test.reader->steps(query);
  REQUIRE(second.steps.size() == 50);
  CHECK_FALSE(second.more);
  CHECK(second.steps.front().name == "step 201");
  query.after = 0;
  query.last = 20;
  const StepPage newest = test.reader->steps(query);
  REQUIRE(newest.steps.size() == 20);
  CHECK_FALSE(newest.more);
  CHECK(newest.steps.front().name == "step 231");
  CHECK(newest.steps.back().name == "step 250");
  SignalQuery signals;
  signals.task = id;
  signals.limit = 240;
  CHECK(test.reader->signals(signals).more);
  CHECK(all_signals(*test.reader, id, true).size() == 250);
}

TEST_CASE("a page ends when it holds much, and its first row always fits", "[steps][list][log][conformance][promise-I34]") {
  StepsTest test;
  const std::string large = "\"" + std::string(5 << 20, 'x') + "\"";
  NewTask fresh = StepsTest::task();
  fresh.payload = large;
  for (int number = 0; number < 3; ++number) (void)test.enqueue(fresh);
  ListQuery list;
  list.with_payload = true;
  CHECK(test.reader->list(list, test.now).tasks.size() == 1);
  CHECK(test.reader->list(list, test.now).more);
  list.with_payload = false;
  CHECK(test.reader->list(list, test.now).tasks.size() == 3);
  const ClaimKey key = test.start_one();
  for (const char* step : {"one", "two"}) {
    REQUIRE(test.begin(key, step).result == Begun::begun);
    REQUIRE(test.end(key, step, large).result == StepEnd::recorded);
  }
  StepQuery steps;
  steps.task = key.task;
  CHECK(test.reader->steps(steps).steps.size() == 1);
  CHECK(all_steps(*test.reader, key.task).size() == 2);
  steps.last = 2;
  REQUIRE(test.reader->steps(steps).steps.size() == 1);
  CHECK(test.reader->steps(steps).steps[0].name == "two");
}

TEST_CASE("what a suspended task waits for is read without its other steps", "[waits][conformance]") {
  StepsTest test;
  const TaskId id = test.enqueue();
  const ClaimKey key = test.start_one();
  REQUIRE(test.begin(key, "done").result == Begun::begun);
  REQUIRE(test.end(key, "done").result == StepEnd::recorded);
  REQUIRE(test.wait(key, StepsTest::for_signal("go")).result == WaitAnswer::Result::waiting);
  (void)test.suspend(key);
  const std::vector<Step> waits = test.reader->pending_waits(id);
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].signal_type == "go");
  test.send(id, "go");
  CHECK(test.reader->pending_waits(id).empty());
}

}  // namespace reeve::store::conformance
