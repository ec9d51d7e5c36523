#include "handlers/decide.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "tests/unit/handlers/make.hpp"

namespace reeve::handlers {

using namespace test;
using executors::StopReason;
using store::Budget;

namespace {

struct Row {
  std::string title;
  executors::End end;
  store::Outcome outcome;
  Budget budget;
  std::string code;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"a failure", executors::Failed{"E_BUSY", "try later", "", {}}, store::Outcome::failed, Budget::attempt, "E_BUSY"},
      {"a failure without a word", executors::Failed{}, store::Outcome::failed, Budget::attempt, "failed"},
      {"a timeout", executors::Stopped{StopReason::timeout}, store::Outcome::timed_out, Budget::attempt, "timeout"},
      {"a stall", executors::Stopped{StopReason::stalled}, store::Outcome::stalled, Budget::attempt, "stalled"},
      {"a failed spawn", executors::SpawnFailed{"exec", 2, "no such program"}, store::Outcome::spawn_failed, Budget::attempt, "spawn_failed"},
      {"a program that has no memory", executors::SpawnFailed{"exec", 12, "out of memory"}, store::Outcome::spawn_failed, Budget::attempt, "spawn_failed"},
      {"a broken protocol", executors::ProtocolError{"not JSON"}, store::Outcome::protocol_error, Budget::attempt, "protocol_error"},
      {"a crash", executors::Crashed{11, true, false}, store::Outcome::crashed, Budget::crash, "signal"},
      {"a kill for memory", executors::Crashed{9, false, true}, store::Outcome::oom_killed, Budget::crash, "oom_killed"},
      {"a lost lease", executors::Stopped{StopReason::lease_lost}, store::Outcome::lost, Budget::crash, "lease_lost"},
  };
  return all;
}

const store::Requeue& requeue_of(const store::Finish& finish) { return std::get<store::Requeue>(finish.next); }
bool fails(const store::Finish& finish) { return std::holds_alternative<store::Fail>(finish.next); }

}  // namespace

TEST_CASE("an attempt that went wrong is tried again while its budget lasts", "[decide][case-90]") {
  const std::size_t i = GENERATE(range(std::size_t{0}, rows().size()));
  const Row& row = rows().at(i);
  INFO(row.title);
  const auto finish = decide(fixed_10s(), make_task(1, 2, 0, 2), ended(row.end), now, 0.5);
  CHECK(finish.outcome == row.outcome);
  CHECK(requeue_of(finish).at == now + 10s);
  CHECK(requeue_of(finish).budget == row.budget);
  CHECK(finish.error->code == row.code);
  CHECK_FALSE(finish.error->message.empty());
  CHECK(finish.claim == store::ClaimKey{store::TaskId{7}, 12});
}

TEST_CASE("an attempt that used up its budget fails the task", "[decide]") {
  const std::size_t i = GENERATE(range(std::size_t{0}, rows().size()));
  const Row& row = rows().at(i);
  INFO(row.title);
  const bool by_crash = row.budget == Budget::crash;
  const auto spent = by_crash ? make_task(1, 100, 2, 3) : make_task(5, 5, 0, 100);
  const auto finish = decide(fixed_10s(), spent, ended(row.end), now, 0.5);
  CHECK(fails(finish));
  CHECK(finish.outcome == row.outcome);
  CHECK(finish.error->code == row.code);
}

TEST_CASE("what the machine lacked costs the task nothing and is tried again shortly", "[decide]") {
  const int error = GENERATE(EMFILE, ENFILE, ENOMEM, EAGAIN);
  const auto finish = decide(fixed_10s(), make_task(5, 5, 2, 3), ended(executors::SpawnFailed{"pipe", error, "too many open files"}), now, 0.5);
  CHECK(finish.outcome == store::Outcome::spawn_failed);
  CHECK(requeue_of(finish).budget == Budget::interruption);
  CHECK(requeue_of(finish).at == now + 1s);
  CHECK(finish.error->code == "shortage");
}

TEST_CASE("crashes and tries do not use up each other's budget", "[decide]") {
  CHECK(requeue_of(decide(fixed_10s(), make_task(5, 5, 0, 3), ended(executors::Crashed{6, false, false}), now, 0)).budget == Budget::crash);
  CHECK(requeue_of(decide(fixed_10s(), make_task(1, 5, 99, 3), ended(executors::Failed{}), now, 0)).budget == Budget::attempt);
}

TEST_CASE("a task is tried exactly max_attempts times", "[decide][case-81]") {
  const int max_attempts = GENERATE(1, 2, 3, 7);
  for (int attempt = 1; attempt <= max_attempts; ++attempt)
    CHECK(fails(decide(fixed_10s(), make_task(attempt, max_attempts), ended(executors::Failed{}), now, 0)) == (attempt == max_attempts));
}

TEST_CASE("success keeps the bytes of the result", "[decide]") {
  const auto finish = decide({}, make_task(3, 5), ended(executors::Succeeded{"{\"a\": 1 }"}), now, 0);
  CHECK(finish.outcome == store::Outcome::succeeded);
  CHECK(std::get<store::Succeed>(finish.next).result == "{\"a\": 1 }");
  CHECK_FALSE(finish.error);
}

TEST_CASE("a rejected task fails at once with the handler's words", "[decide][case-86]") {
  const auto finish = decide(fixed_10s(), make_task(1, 5), ended(executors::Rejected{"E_ADDRESS", "no such street", "{\"field\":3}"}), now, 0);
  CHECK(fails(finish));
  CHECK(finish.outcome == store::Outcome::rejected);
  CHECK(finish.error->code == "E_ADDRESS");
  CHECK(finish.error->message == "no such street");
  CHECK(finish.error->detail == "{\"field\":3}");
}

TEST_CASE("reject_on and retry_on decide by the error code", "[decide]") {
  struct Case {
    std::vector<std::string> retry_on, reject_on;
    bool again;
  };
  const Case c = GENERATE(values<Case>({{{}, {}, true},
                                        {{}, {"E"}, false},
                                        {{}, {"other"}, true},
                                        {{"E"}, {}, true},
                                        {{"other"}, {}, false},
                                        {{"other", "E"}, {}, true},
                                        {{"E"}, {"E"}, false}}));
  RetryPolicy policy = fixed_10s();
  policy.retry_on = c.retry_on;
  policy.reject_on = c.reject_on;
  CHECK(fails(decide(policy, make_task(1, 5), ended(executors::Failed{"E", "", "", {}}), now, 0)) == !c.again);
}

TEST_CASE("a timeout can be rejected by its code, a crash cannot", "[decide]") {
  RetryPolicy policy = fixed_10s();
  policy.reject_on = {"timeout", "signal"};
  CHECK(fails(decide(policy, make_task(1, 5), ended(executors::Stopped{StopReason::timeout}), now, 0)));
  CHECK_FALSE(fails(decide(policy, make_task(1, 5), ended(executors::Crashed{11, false, false}), now, 0)));
}

TEST_CASE("a handler may say when it wants to be tried again, but not in the past", "[decide]") {
  const auto at = [](store::Timestamp wish) {
    return requeue_of(decide(fixed_10s(), make_task(1, 5), ended(executors::Failed{"E", "", "", wish}), now, 0)).at;
  };
  CHECK(at(now + 3h) == now + 3h);
  CHECK(at(now - 3h) == now);
  CHECK(fails(decide(fixed_10s(), make_task(5, 5), ended(executors::Failed{"E", "", "", now + 3h}), now, 0)));
}

TEST_CASE("an interrupted attempt uses no budget and is first in line", "[decide]") {
  const auto task = make_task(5, 5, 2, 3);
  const auto finish = decide(fixed_10s(), task, ended(executors::Stopped{StopReason::shutdown}), now, 0);
  CHECK(finish.outcome == store::Outcome::interrupted);
  CHECK(requeue_of(finish).at == task.run_at);
  CHECK(requeue_of(finish).budget == Budget::interruption);
  CHECK_FALSE(finish.error);
}

TEST_CASE("a snooze uses no attempt and ends when asked", "[decide]") {
  const auto at = [](store::Millis pause) {
    const auto finish = decide(fixed_10s(), make_task(5, 5), ended(executors::Snoozed{pause}), now, 0);
    CHECK(finish.outcome == store::Outcome::snoozed);
    CHECK(requeue_of(finish).budget == Budget::snooze);
    return requeue_of(finish).at;
  };
  CHECK(at(90s) == now + 90s);
  CHECK(at(0s) == now);
  CHECK(at(-5s) == now);
  CHECK(at(store::Millis::max()) > now);
}

TEST_CASE("a cancelled attempt cancels its task", "[decide]") {
  const auto finish = decide(fixed_10s(), make_task(1, 5), ended(executors::Stopped{StopReason::cancel}), now, 0);
  CHECK(finish.outcome == store::Outcome::cancelled);
  CHECK(std::get<store::Cancel>(finish.next).code == "cancelled");
}

TEST_CASE("the record of an attempt keeps what the kernel told", "[decide]") {
  executors::Outcome outcome = ended(executors::Crashed{11, true, false});
  outcome.exit = {std::nullopt, 11, true};
  outcome.stderr_tail = "boom\n";
  outcome.left_children = {{42, "sleep"}, {43, "sleep"}};
  outcome.use = {1500us, 2999us, 4096, 1, 2, 3, 4};
  const auto finish = decide({}, make_task(1, 5), outcome, now, 0);
  CHECK(finish.error->signal == 11);
  CHECK(finish.error->core);
  CHECK_FALSE(finish.error->oom);
  CHECK(finish.error->stderr_tail == "boom\n");
  CHECK(finish.left_children == 2);
  CHECK(finish.use == store::ResourceUse{1, 2, 4096, 1, 2, 3, 4});

  executors::Outcome failure = ended(executors::Failed{"exit", "exit status 3", "", {}});
  failure.exit.code = 3;
  const auto failed = decide({}, make_task(1, 5), failure, now, 0);
  CHECK(failed.exit_code == 3);
  CHECK(failed.error->exit_code == 3);
  CHECK(decide({}, make_task(1, 5), ended(executors::Crashed{9, false, true}), now, 0).error->oom);
}

}  // namespace reeve::handlers
