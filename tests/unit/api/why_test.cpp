#include <catch2/catch.hpp>

#include "api/why.hpp"

using namespace reeve;
using namespace std::chrono_literals;
using store::State;
using store::Status;

namespace {

const store::Timestamp now = store::from_ms(1'700'000'000'000);

// A queued task of a declared kind on a runner with room; each test spoils one thing.
struct Scene {
  store::Task task{};
  State state = State::queued;
  store::Paused pauses{};
  supervisor::Overview overview{};
  handlers::Handlers handlers{};
  std::optional<store::Position> position = store::Position{};
  std::vector<store::Step> steps{};

  Scene() {
    handlers::Handler report;
    report.kind = "report";
    handlers = handlers::Handlers({report}, {});
    task.id = store::TaskId{17};
    task.kind = "report";
    task.queue = "default";
    task.run_at = now - 1s;
    overview.phase = supervisor::Phase::running;
    overview.global = {"", 0, 16};
  }

  supervisor::RunningAttempt& run(std::int64_t id, const std::string& kind, const std::string& queue, std::chrono::seconds ago) {
    supervisor::RunningAttempt attempt;
    attempt.claim.task = store::TaskId{id};
    attempt.kind = kind;
    attempt.queue = queue;
    attempt.since = now - ago;
    overview.running.push_back(attempt);
    return overview.running.back();
  }

  store::KeyHolds keys{};
  store::Dependencies dependencies{};
  std::vector<store::RateRow> rates{};
  std::vector<api::Why> reasons(store::Timestamp at = now) const {
    static const std::map<std::string, store::KindTimings> timings;
    return api::why({task, pauses, overview, handlers, position, keys, steps, rates, timings, dependencies, at}, state);
  }
  api::Why only() const {
    const auto all = reasons();
    REQUIRE(all.size() == 1);
    return all.front();
  }
};

}  // namespace

TEST_CASE("a due task with room starts at once", "[why]") {
  CHECK(Scene().only().code == "due");
}

TEST_CASE("a task that has ended says how, and how to run it again", "[why]") {
  Scene scene;
  scene.task.status = Status::failed;
  scene.state = State::failed;
  scene.task.finished_at = now;
  scene.task.error = store::TaskError{.code = "exit", .message = "exit code 3"};
  const api::Why failed = scene.only();
  CHECK(failed.code == "finished");
  CHECK_THAT(failed.message, Catch::Contains("failed at 2023-11-14T22:13:20.000Z: exit (exit code 3)"));
  CHECK_THAT(failed.fix, Catch::Contains("reeve retry 17"));
  scene.task.status = Status::succeeded;
  CHECK(scene.only().fix.empty());
  scene.task.status = Status::cancelled;
  CHECK(scene.only().code == "finished");
}

TEST_CASE("a running task says since when", "[why]") {
  Scene scene;
  scene.task.status = Status::running;
  scene.task.attempt = 2;
  scene.state = State::running;
  scene.run(17, "report", "default", 90s);
  CHECK(scene.only().code == "running");
  CHECK(scene.only().message == "attempt 2 of 5 has been running for 1m30s");
  scene.state = State::stale;
  scene.task.stale_reason = "silent for 30s";
  CHECK(scene.only().code == "stale");
  CHECK_THAT(scene.only().message, Catch::Contains("silent for 30s"));
  scene.state = State::cancelling;
  scene.task.cancel_requested_at = now - 5s;
  CHECK(scene.only().code == "cancelling");
  CHECK_THAT(scene.only().message, Catch::Contains("asked to stop 5s ago"));
}

TEST_CASE("a claimed task is being started", "[why]") {
  Scene scene;
  scene.task.status = Status::claimed;
  scene.state = State::claimed;
  scene.task.attempt = 1;
  scene.task.claimed_at = now - 1s;
  CHECK(scene.only().message == "attempt 1 of 5 was claimed 1s ago and is being started");
}

TEST_CASE("a suspended task waits for its handler's reason", "[why]") {
  Scene scene;
  scene.task.status = Status::waiting;
  scene.state = State::waiting;
  CHECK(scene.only().code == "waiting");
}

TEST_CASE("a scheduled or retrying task names its time", "[why]") {
  Scene scene;
  scene.task.run_at = now + 90s;
  scene.state = State::scheduled;
  scene.position = store::Position{3, false};
  CHECK(scene.only().code == "scheduled");
  CHECK_THAT(scene.only().message, Catch::Contains("in 1m30s"));
  scene.state = State::retrying;
  scene.task.attempt = 1;
  scene.task.error = store::TaskError{.code = "timeout"};
  CHECK(scene.only().code == "retrying");
  CHECK_THAT(scene.only().message, Catch::Contains("ended with timeout; the next one (2 of 5)"));
}

TEST_CASE("a kind that nobody handles is named with the nearest one", "[why]") {
  Scene scene;
  scene.task.kind = "reprot";
  CHECK(scene.only().code == "unknown_kind");
  CHECK_THAT(scene.only().message, Catch::Contains("there is \"report\""));
  CHECK_FALSE(scene.only().fix.empty());
}

TEST_CASE("a paused queue says who paused it, why and how to resume", "[why]") {
  Scene scene;
  scene.state = State::blocked;
  scene.pauses.queues.push_back({"other", "not ours", "uid:1", now});
  scene.pauses.queues.push_back({"default", "deploy", "uid:0", now - 60s});
  CHECK(scene.only().code == "queue_paused");
  CHECK(scene.only().message == "the queue \"default\" was paused 1m ago by uid:0: deploy");
  CHECK(scene.only().fix == "`reeve resume default`");
}

TEST_CASE("a runner that claims nothing says so", "[why]") {
  Scene scene;
  scene.overview.phase = supervisor::Phase::starting;
  CHECK(scene.only().code == "starting");
  scene.overview.phase = supervisor::Phase::draining;
  CHECK(scene.only().code == "stopping");
  scene.overview.phase = supervisor::Phase::running;
  scene.overview.paused_claims = true;
  CHECK(scene.only().code == "draining");
  scene.overview.paused_claims = false;
  scene.overview.trouble = "tasks cannot be claimed: disk full";
  CHECK(scene.only().code == "trouble");
}

TEST_CASE("a full limit gives its numbers and the longest runner", "[why]") {
  Scene scene;
  scene.run(1, "report", "default", 10s);
  scene.run(2, "report", "default", 60s);
  scene.run(3, "other", "elsewhere", 600s);
  SECTION("of the queue") {
    scene.overview.queues = {{"default", 2, 2}};
    CHECK(scene.only().code == "queue_full");
    CHECK(scene.only().message == "the queue \"default\" runs 2 of 2; task 2 has been running longest, for 1m");
  }
  SECTION("of the kind") {
    scene.overview.kinds = {{"report", 2, 2}};
    CHECK(scene.only().code == "kind_full");
  }
  SECTION("of the runner") {
    scene.overview.global = {"", 3, 3};
    CHECK(scene.only().code == "runner_full");
    CHECK_THAT(scene.only().message, Catch::Contains("task 3 has been running longest, for 10m"));
  }
  SECTION("with room or without a limit is no reason") {
    scene.overview.queues = {{"default", 2, 3}};
    scene.overview.kinds = {{"report", 2, std::nullopt}};
    CHECK(scene.only().code == "due");
  }
}

TEST_CASE("a task in line says how many are before it", "[why]") {
  Scene scene;
  scene.position = store::Position{1, false};
  CHECK(scene.only().message == "1 due task of the queue \"default\" will be claimed before it");
  scene.position = store::Position{10'000, true};
  CHECK_THAT(scene.only().message, Catch::StartsWith("at least 10000 due tasks"));
}

TEST_CASE("all reasons are given in the order in which to deal with them", "[why]") {
  Scene scene;
  scene.task.kind = "gone";
  scene.task.run_at = now + 1s;
  scene.state = State::scheduled;
  scene.pauses.queues.push_back({"default", "", "", now});
  scene.overview.paused_claims = true;
  scene.overview.queues = {{"default", 1, 1}};
  scene.overview.global = {"", 1, 1};
  std::vector<std::string> codes;
  for (const api::Why& reason : scene.reasons()) codes.push_back(reason.code);
  CHECK(codes == std::vector<std::string>{"scheduled", "unknown_kind", "queue_paused", "draining", "queue_full", "runner_full"});
}

TEST_CASE("a suspended task says what it waits for", "[why]") {
  Scene look;
  look.task.status = store::Status::waiting;
  look.steps.push_back({.name = "done", .sort = store::StepSort::sleep, .status = store::StepStatus::completed});
  look.steps.push_back({.name = "approval", .sort = store::StepSort::signal, .status = store::StepStatus::waiting, .signal_type = "go"});
  look.steps.push_back({.name = "tasks#1", .sort = store::StepSort::tasks, .status = store::StepStatus::waiting, .tasks = {store::TaskId{8}, store::TaskId{9}}});
  const auto reasons = look.reasons();
  REQUIRE(reasons.size() == 2);
  CHECK(reasons[0].code == "awaits_signal");
  CHECK(reasons[0].message.find("\"go\"") != std::string::npos);
  CHECK(reasons[1].code == "awaits_tasks");
  CHECK(reasons[1].message.find("8, 9") != std::string::npos);
}

TEST_CASE("a task for workers elsewhere says that none waits", "[why]") {
  Scene look;
  handlers::Handler far;
  far.kind = look.task.kind;
  far.executor = "remote";
  look.handlers = handlers::Handlers({far}, {});
  look.overview.kinds.push_back({.name = look.task.kind, .room = 0});
  CHECK(look.reasons().front().code == "no_worker");
}

TEST_CASE("a task whose pool cannot start says why, claimed or not", "[why]") {
  Scene look;
  look.overview.pools.push_back({.kind = look.task.kind, .degraded = true, .trouble = "resize.py: not found"});
  look.task.status = GENERATE(store::Status::queued, store::Status::claimed);
  look.state = look.task.status == store::Status::claimed ? store::State::claimed : store::State::queued;
  const auto reasons = look.reasons();
  CHECK(reasons.front().code == "pool_degraded");
  CHECK(reasons.front().message.find("resize.py: not found") != std::string::npos);
}

TEST_CASE("a task behind a busy key is told who has it, how many of how many, and who goes before", "[why][keys]") {
  Scene scene;
  scene.state = State::blocked;
  store::Concurrency concurrency;
  concurrency.key = "account-7";
  concurrency.limit = 2;
  scene.task.concurrency = concurrency;
  store::KeyHold& key = scene.keys.key.emplace();
  key.taken = 2;
  key.holders.push_back({store::TaskId{4}, Status::running, now - 90s, now - 90s});
  key.holders.push_back({store::TaskId{5}, Status::claimed, now, now});
  key.waiting.ahead = 3;
  const api::Why why = scene.only();
  CHECK(why.code == "key_full");
  CHECK_THAT(why.message, Catch::Contains("the concurrency key \"account-7\" is taken by 2 of 2: task 4 has been running for "));
  CHECK_THAT(why.message, Catch::Contains("task 5 is being started; 3 due tasks with the key go before it"));
  CHECK_THAT(why.fix, Catch::Contains("reeve cancel 4"));
  key.taken = 1;
  key.waiting.ahead = 0;
  CHECK(scene.only().code == "due");
}

TEST_CASE("a task that is not first in its line is told who is", "[why][keys]") {
  Scene scene;
  scene.state = State::blocked;
  scene.task.order_key = "ledger";
  store::LineHold& line = scene.keys.line.emplace();
  line.first = store::KeyHolder{store::TaskId{9}, Status::queued, now - 60s, now + 30s};
  line.waiting.ahead = 2;
  line.waiting.at_least = true;
  const api::Why why = scene.only();
  CHECK(why.code == "order");
  CHECK_THAT(why.message, Catch::Contains("the order key \"ledger\" run one after the other: task 9 is due at "));
  CHECK_THAT(why.message, Catch::Contains("at least 2 open tasks of the line are before it"));
  CHECK_THAT(why.fix, Catch::Contains("reeve why 9"));
}

TEST_CASE("a task that waits for a token says when it comes", "[why]") {
  Scene scene;
  handlers::Handler report;
  report.kind = "report";
  report.rate = store::Rate{.limit = 100, .per = 1min, .burst = 1};
  scene.handlers = handlers::Handlers({report}, {});
  store::RateRow row;
  row.of = store::RateRow::Of::kind;
  row.name = "report";
  row.full_at = store::to_ms(now) * 1'000 + 400'000;
  scene.rates = {row};
  const auto reasons = scene.reasons();
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].code == "kind_rate");
  CHECK(reasons[0].message == "rate 100/1m of the kind \"report\": next token in 0.4 s");
  CHECK(reasons[0].fix == "raise handlers.report.rate, or wait");
  CHECK(scene.reasons(now + 1s)[0].code == "due");
}

TEST_CASE("a task that waits for a resource says who holds it", "[why]") {
  Scene scene;
  handlers::Handler report;
  report.kind = "report";
  store::Room need;
  need.name = "gpu";
  need.room = 2;
  report.resources = {need};
  scene.handlers = handlers::Handlers({report}, {});
  supervisor::Resource gpu;
  gpu.name = "gpu";
  gpu.units = {"0", "1", "2"};
  scene.overview.resources = {gpu};
  CHECK(scene.only().code == "due");
  scene.run(5, "other", "default", 3s).resources["gpu"] = {"0", "2"};
  const api::Why reason = scene.only();
  CHECK(reason.code == "resources");
  CHECK(reason.message == "it needs 2 of the resource gpu, and 1 of 3 are free; held by task 5");
}

TEST_CASE("a paused kind and a paused label are named with who, since when, why and the way back", "[why][pause]") {
  Scene scene;
  scene.task.labels = {{"customer", "acme inc"}};
  scene.pauses.kinds.push_back({"other", "not ours", "uid:1", now});
  scene.pauses.kinds.push_back({"report", "the disk is full", "uid:0", now - 60s});
  scene.pauses.labels.push_back({"customer", "other", "not ours", "uid:1", now});
  scene.pauses.labels.push_back({"customer", "acme inc", "unpaid", "uid:7", now - 5s});
  const auto reasons = scene.reasons();
  REQUIRE(reasons.size() == 2);
  CHECK(reasons[0].code == "kind_paused");
  CHECK(reasons[0].message == "the kind \"report\" was paused 1m ago by uid:0: the disk is full");
  CHECK(reasons[0].fix == "`reeve resume --kind report`");
  CHECK(reasons[1].code == "label_paused");
  CHECK(reasons[1].message == "the label customer=acme inc was paused 5s ago by uid:7: unpaid");
  CHECK(reasons[1].fix == "`reeve resume --label 'customer=acme inc'`");
}

TEST_CASE("a key without a token says when the next one comes", "[why][key_rate]") {
  handlers::Handler report;
  report.kind = "report";
  report.key_rate = store::Rate{.limit = 10, .per = 60s, .burst = 1};
  Scene scene;
  scene.handlers = handlers::Handlers({report}, {});
  scene.task.concurrency.emplace().key = "acme";
  store::RateRow row;
  row.of = store::RateRow::Of::key;
  row.name = "report\x1f\x1f" "acme";
  row.full_at = (store::to_ms(now) + 4'200) * 1'000;
  scene.rates = {row};
  const auto reasons = scene.reasons();
  REQUIRE(reasons.size() == 1);
  CHECK(reasons[0].code == "key_rate");
  CHECK(reasons[0].message == "rate 10/1m of the key \"acme\": next token in 4.2 s");
  CHECK(reasons[0].fix == "raise handlers.report.key_rate, or wait");
  row.name = "report\x1f\x1f" "other";
  scene.rates = {row};
  CHECK(scene.reasons()[0].code == "due");
}

TEST_CASE("a task that comes after others names those that have not ended, and has no place in line", "[why]") {
  Scene scene;
  scene.state = State::blocked;
  scene.position->ahead = 3;
  for (std::int64_t id = 1; id <= 9; ++id) {
    store::Dependency& one = scene.dependencies.on.emplace_back();
    one.task = store::TaskId{id};
    if (id <= 2) one.ended = Status::succeeded;
    else ++scene.dependencies.open;
  }
  const api::Why why = scene.only();
  CHECK(why.code == "dependency");
  CHECK(why.message == "it comes after 9 tasks, of which 7 have not ended: 3, 4, 5, 6, 7, ...; it is cancelled if one of them does not succeed");
  CHECK(why.fix == "see `reeve why 3`");
  scene.dependencies.policy = store::AfterPolicy::finished;
  scene.dependencies.open = 1;
  scene.dependencies.on.resize(3);
  CHECK(scene.only().message == "it comes after 3 tasks, of which 1 has not ended: 3");
}
