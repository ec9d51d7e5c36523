#include "supervisor/core/core.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace reeve;
using namespace reeve::supervisor;
using namespace std::chrono_literals;
using executors::StopReason;
using store::ClaimKey;
using store::TaskId;

namespace {

// A core with a clock in the hand: each step tells it an event and collects what it decided.
class Stage {
 public:
  explicit Stage(Options options = {}) : Stage(std::move(options), {handler("echo")}) {}
  Stage(Options options, std::vector<handlers::Handler> declared)
      : core(std::move(options), std::make_shared<handlers::Handlers>(std::move(declared), std::vector<handlers::Queue>{})) {}

  static handlers::Handler handler(std::string kind, int concurrency = 0) {
    handlers::Handler handler;
    handler.kind = std::move(kind);
    if (concurrency > 0) handler.concurrency = concurrency;
    return handler;
  }

  static store::Task task(std::int64_t id, std::string kind = "echo", std::int64_t epoch = 1) {
    store::Task task;
    task.id = TaskId{id};
    task.kind = std::move(kind);
    task.queue = "default";
    task.epoch = epoch;
    return task;
  }

  static ClaimKey key(std::int64_t id, std::int64_t epoch = 1) { return {TaskId{id}, epoch}; }

  // Registers and answers the first claim with nothing.
  void open_idle() {
    core.opened(1, now);
    REQUIRE(take<ClaimTasks>().size() == 1);
    core.claimed({}, now, now);
    core.take_effects();
  }

  // One claim goes out and is answered with these tasks.
  void claim(std::vector<store::Task> tasks) {
    core.work_arrived(now);
    REQUIRE(take<ClaimTasks>().size() == 1);
    answer(std::move(tasks));
  }
  void answer(std::vector<store::Task> tasks, std::optional<store::Timestamp> next_due = {}) {
    store::ClaimAnswer claims;
    claims.tasks = std::move(tasks);
    claims.next_due = next_due;
    core.claimed(std::move(claims), now, now);
  }

  void pass(store::Millis time) {
    now.moment += time;
    now.wall += time;
    now.lease += time;
    core.tick(now);
  }

  // The effects of one sort since the last look; the others are dropped.
  template <class Sort>
  std::vector<Sort> take() {
    std::vector<Sort> found;
    for (Effect& effect : core.take_effects())
      if (auto* one = std::get_if<Sort>(&effect)) found.push_back(std::move(*one));
    return found;
  }

  Now now{Moment{std::chrono::hours{5}}, store::from_ms(1'790'000'000'000), store::from_ms(1'790'000'000'000)};
  Core core;
};

Options slots(int concurrency) {
  Options options;
  options.concurrency = concurrency;
  return options;
}

}  // namespace

TEST_CASE("a supervisor claims as soon as it is registered, and is idle when nothing is due", "[core][claim]") {
  Stage stage;
  CHECK(stage.core.phase() == Phase::starting);
  stage.core.opened(7, stage.now);
  const auto claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].request.runner == 7);
  CHECK(claims[0].request.limit == 16);
  CHECK(claims[0].request.lease_expires_at == stage.now.lease + 15s);
  stage.answer({});
  CHECK(stage.take<Idle>().size() == 1);
  CHECK_FALSE(stage.core.next_tick().has_value());  // no timer: an idle daemon does not wake
}

TEST_CASE("new work is claimed at once and launched", "[core][claim]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1), Stage::task(2)});
  const auto launches = stage.take<Launch>();
  REQUIRE(launches.size() == 2);
  CHECK(launches[0].task.id == TaskId{1});
  CHECK(stage.core.admission().running() == 2);
}

TEST_CASE("one claim is out at a time; work that arrives meanwhile is looked for when it comes back", "[core][claim]") {
  Stage stage;
  stage.open_idle();
  stage.core.work_arrived(stage.now);
  CHECK(stage.take<ClaimTasks>().size() == 1);
  stage.core.work_arrived(stage.now);
  stage.core.work_arrived(stage.now);
  CHECK(stage.take<ClaimTasks>().empty());
  stage.answer({});
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

TEST_CASE("a claim that came back full is followed by another when a slot frees", "[core][claim]") {
  Stage stage(slots(2));
  stage.open_idle();
  stage.claim({Stage::task(1), Stage::task(2)});
  CHECK(stage.take<ClaimTasks>().empty());  // no room
  stage.core.ended(Stage::key(1), stage.now);
  const auto claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].request.limit == 1);
}

TEST_CASE("slots that free while a full claim is out are filled when it comes back", "[core][claim]") {
  Stage stage(slots(4));
  stage.open_idle();
  stage.claim({Stage::task(1), Stage::task(2), Stage::task(3), Stage::task(4)});
  stage.core.ended(Stage::key(1), stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  stage.core.ended(Stage::key(2), stage.now);
  stage.core.ended(Stage::key(3), stage.now);
  stage.answer({Stage::task(5)});  // as many as were asked for: there may be more
  const auto claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].request.limit == 2);
}

TEST_CASE("after a claim that came back short nothing is claimed until something happens", "[core][claim]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.core.ended(Stage::key(1), stage.now);
  CHECK(stage.take<ClaimTasks>().empty());
}

TEST_CASE("a kind at its limit does not end the search: its next task is claimed when one of its bodies ends", "[core][claim][limits]") {
  Stage stage({}, {Stage::handler("echo", 1), Stage::handler("free")});
  stage.open_idle();
  stage.claim({Stage::task(1)});
  CHECK(stage.take<ClaimTasks>().empty());
  stage.core.ended(Stage::key(1), stage.now);
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

TEST_CASE("a limited kind does not keep an idle supervisor busy", "[core][claim][limits]") {
  Stage stage({}, {Stage::handler("echo", 1)});
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.core.settled(Stage::key(1), {}, stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  stage.answer({});
  CHECK(stage.take<Idle>().size() == 1);
  CHECK_FALSE(stage.core.next_tick().has_value());
}

TEST_CASE("a task that is due later wakes the supervisor then", "[core][claim][time][case-183]") {
  Stage stage;
  stage.core.opened(1, stage.now);
  stage.core.take_effects();
  stage.answer({}, stage.now.wall + 40s);
  stage.core.take_effects();
  REQUIRE(stage.core.next_tick().has_value());
  CHECK(*stage.core.next_tick() >= stage.now.moment + 40s);
  CHECK(*stage.core.next_tick() <= stage.now.moment + 40s + 1ms);
  stage.pass(39s);
  CHECK(stage.take<ClaimTasks>().empty());
  stage.pass(1s + 1ms);
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

TEST_CASE("a due time that became known while a claim was out is not forgotten", "[core][claim][time]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.core.work_arrived(stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  stage.core.settled(Stage::key(1), stage.now.wall + 30s, stage.now);
  stage.answer({});  // it had looked before the retry was written
  stage.pass(31s);
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

TEST_CASE("a wall clock set back or forward does not disturb leases or timeouts", "[core][clock][case-31][promise-I40]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.now.wall += GENERATE(-1h, 1h);
  stage.pass(1s);
  CHECK(stage.take<StopBody>().empty());
  stage.pass(5s);
  const auto renewals = stage.take<RenewLeases>();
  REQUIRE(renewals.size() == 1);
  CHECK(renewals[0].claims == std::vector{Stage::key(1)});
  CHECK(renewals[0].lease_expires_at == stage.now.lease + 15s);
}

TEST_CASE("a claim that failed is tried again with growing pauses, never in a spin", "[core][claim]") {
  Stage stage;
  stage.core.opened(1, stage.now);
  std::vector<store::Millis> pauses;
  for (int i = 0; i < 8; ++i) {
    REQUIRE(stage.take<ClaimTasks>().size() == 1);
    stage.core.claim_failed(stage.now);
    CHECK(stage.take<ClaimTasks>().empty());
    stage.core.work_arrived(stage.now);
    CHECK(stage.take<ClaimTasks>().empty());
    const auto pause = std::chrono::duration_cast<store::Millis>(*stage.core.next_tick() - stage.now.moment);
    pauses.push_back(pause);
    stage.pass(pause);
  }
  CHECK(pauses.front() == 50ms);
  CHECK(pauses.back() == 2s);
  CHECK(std::is_sorted(pauses.begin(), pauses.end()));
}

TEST_CASE("leases are renewed at a third of their time while anything runs, and not when nothing does", "[core][lease]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1), Stage::task(2)});
  stage.core.take_effects();
  stage.pass(5s);
  auto renewals = stage.take<RenewLeases>();
  REQUIRE(renewals.size() == 1);
  CHECK(renewals[0].claims.size() == 2);
  CHECK(renewals[0].lease_expires_at == stage.now.lease + 15s);
  stage.core.renewed(renewals[0].claims, {}, stage.now, stage.now);
  stage.core.settled(Stage::key(1), {}, stage.now);
  stage.core.settled(Stage::key(2), {}, stage.now);
  stage.core.take_effects();
  stage.answer({});
  stage.pass(60s);
  CHECK(stage.take<RenewLeases>().empty());
}

TEST_CASE("an attempt whose lease is lost is killed", "[core][lease][case-11][promise-I10]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1), Stage::task(2)});
  stage.core.take_effects();
  stage.pass(5s);
  stage.core.take_effects();
  stage.core.renewed({Stage::key(1), Stage::key(2)}, {Stage::key(2)}, stage.now, stage.now);
  const auto stops = stage.take<StopBody>();
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].claim == Stage::key(2));
  CHECK(stops[0].reason == StopReason::lease_lost);
  CHECK(stops[0].kill);
}

TEST_CASE("a supervisor that cannot renew kills its attempts before their leases end", "[core][lease][promise-I12]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  store::Millis waited{0};
  std::vector<StopBody> stops;
  while (stops.empty() && waited < 20s) {
    stage.pass(100ms);
    waited += 100ms;
    bool renewal = false;
    for (Effect& effect : stage.core.take_effects()) {
      if (auto* stop = std::get_if<StopBody>(&effect)) stops.push_back(*stop);
      renewal |= std::holds_alternative<RenewLeases>(effect);
    }
    if (renewal) stage.core.renew_failed(stage.now);
  }
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].kill);
  CHECK(waited <= 12s);  // a fifth of the lease before its end
}

TEST_CASE("a renewal that fails and then succeeds in time disturbs no attempt", "[core][lease][case-15]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.pass(5s);
  REQUIRE(stage.take<RenewLeases>().size() == 1);
  stage.core.renew_failed(stage.now);
  stage.pass(500ms);
  auto effects = stage.core.take_effects();
  REQUIRE(effects.size() == 1);
  const RenewLeases again = std::get<RenewLeases>(effects[0]);
  stage.core.renewed(again.claims, {}, stage.now, stage.now);
  stage.pass(11s);  // beyond the fence of the first lease
  CHECK(stage.take<StopBody>().empty());
  CHECK(stage.core.admission().running() == 1);
}

TEST_CASE("what was claimed longer ago than its lease holds is given back unstarted, and looked for again", "[core][claim][lease][promise-I12]") {
  Stage stage;
  stage.open_idle();
  stage.core.work_arrived(stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  const Now asked = stage.now;
  stage.now.moment += Options{}.lease * 4 / 5;  // a slow disk: its attempt would have to be killed at once
  store::ClaimAnswer late;
  late.tasks = {Stage::task(1)};
  stage.core.claimed(std::move(late), asked, stage.now);
  auto effects = stage.core.take_effects();
  REQUIRE(effects.size() == 1);
  CHECK(std::get<GiveBack>(effects[0]).claim == Stage::key(1));
  CHECK(stage.core.admission().running() == 0);
  stage.core.settled(Stage::key(1), {}, stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  stage.answer({Stage::task(1, "echo", 2)});
  CHECK(stage.take<Launch>().size() == 1);
}

TEST_CASE("a cancel stops the running attempt with grace", "[core][cancel]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.core.cancel(Stage::key(1), stage.now);
  const auto stops = stage.take<StopBody>();
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].reason == StopReason::cancel);
  CHECK_FALSE(stops[0].kill);
  stage.core.cancel(Stage::key(9), stage.now);  // unknown: nothing
  CHECK(stage.take<StopBody>().empty());
}

TEST_CASE("a retry that is due at once is claimed at once, a later one when it is due", "[core][retry]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1), Stage::task(2)});
  stage.core.take_effects();
  stage.core.settled(Stage::key(1), stage.now.wall + 30s, stage.now);
  CHECK(stage.take<ClaimTasks>().empty());
  stage.core.settled(Stage::key(2), stage.now.wall, stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  stage.answer({}, stage.now.wall + 30s);
  stage.pass(31s);
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

TEST_CASE("a drained supervisor claims nothing until it is resumed", "[core][drain]") {
  Stage stage;
  stage.open_idle();
  stage.core.drain(stage.now);
  stage.core.work_arrived(stage.now);
  CHECK(stage.take<ClaimTasks>().empty());
  stage.core.resume(stage.now);
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

TEST_CASE("shutting down an idle supervisor stops it at once", "[core][shutdown][promise-I37]") {
  Stage stage;
  stage.open_idle();
  stage.core.shut_down(stage.now);
  CHECK(stage.take<Stop>().size() == 1);
  CHECK(stage.core.phase() == Phase::stopped);
}

TEST_CASE("shutting down lets attempts end, interrupts those that do not, and stops when all are settled", "[core][shutdown][promise-I37]") {
  Options patient;
  patient.lease = 10min;
  Stage stage(patient);
  stage.open_idle();
  stage.claim({Stage::task(1), Stage::task(2)});
  stage.core.take_effects();
  stage.core.shut_down(stage.now);
  stage.core.work_arrived(stage.now);
  CHECK(stage.core.take_effects().empty());  // nothing is claimed, nothing is stopped yet
  stage.core.settled(Stage::key(1), {}, stage.now);
  CHECK(stage.core.take_effects().empty());
  stage.pass(30s);
  const auto stops = stage.take<StopBody>();
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].reason == StopReason::shutdown);
  stage.core.settled(Stage::key(2), {}, stage.now);
  CHECK(stage.take<Stop>().size() == 1);
}

TEST_CASE("a second request to shut down interrupts at once, a third kills", "[core][shutdown]") {
  Stage stage;
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.core.shut_down(stage.now);
  stage.core.shut_down(stage.now);
  auto stops = stage.take<StopBody>();
  REQUIRE(stops.size() == 1);
  CHECK_FALSE(stops[0].kill);
  stage.core.shut_down(stage.now);
  stops = stage.take<StopBody>();
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].kill);
}

TEST_CASE("what was claimed while shutting down is given back without being started", "[core][shutdown][promise-I13]") {
  Stage stage;
  stage.open_idle();
  stage.core.work_arrived(stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  stage.core.shut_down(stage.now);
  CHECK(stage.take<Stop>().empty());  // the claim is still out
  stage.answer({Stage::task(1)});
  auto effects = stage.core.take_effects();
  REQUIRE(effects.size() == 1);
  CHECK(std::get<GiveBack>(effects[0]).claim == Stage::key(1));
  stage.core.settled(Stage::key(1), {}, stage.now);
  CHECK(stage.take<Stop>().size() == 1);
}

TEST_CASE("a claim that fails while shutting down does not keep it from stopping", "[core][shutdown]") {
  Stage stage;
  stage.open_idle();
  stage.core.work_arrived(stage.now);
  stage.core.shut_down(stage.now);
  stage.core.take_effects();
  stage.core.claim_failed(stage.now);
  CHECK(stage.take<Stop>().size() == 1);
}

TEST_CASE("a task whose kind vanished in a reload while its claim was out is given back", "[core][reload]") {
  Stage stage;
  stage.open_idle();
  stage.core.work_arrived(stage.now);
  stage.core.take_effects();
  stage.core.reload({}, std::make_shared<handlers::Handlers>(std::vector<handlers::Handler>{}, std::vector<handlers::Queue>{}), stage.now);
  stage.answer({Stage::task(1)});
  CHECK(stage.take<GiveBack>().size() == 1);
}

TEST_CASE("a running attempt keeps the limits it was started with over a reload", "[core][reload]") {
  handlers::Handler first = Stage::handler("echo");
  first.timeout = 10s;
  Stage stage({}, {first});
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  handlers::Handler second = Stage::handler("echo");
  second.timeout = 1h;
  stage.core.reload({}, std::make_shared<handlers::Handlers>(std::vector{second}, std::vector<handlers::Queue>{}), stage.now);
  stage.core.take_effects();
  stage.pass(10s);
  const auto stops = stage.take<StopBody>();
  REQUIRE(stops.size() == 1);
  CHECK(stops[0].reason == StopReason::timeout);
}

TEST_CASE("a silent attempt is flagged stale and cleared by a sign of life", "[core][watchdog]") {
  handlers::Handler watched = Stage::handler("echo");
  watched.watchdog = 3s;
  Stage stage({}, {watched});
  stage.open_idle();
  stage.claim({Stage::task(1)});
  stage.core.take_effects();
  stage.pass(3s);
  CHECK(stage.take<FlagStale>().size() == 1);
  CHECK(stage.core.running(stage.now)[0].stale);
  stage.core.alive(Stage::key(1), stage.now);
  CHECK(stage.take<ClearStale>().size() == 1);
  CHECK_FALSE(stage.core.running(stage.now)[0].stale);
  stage.pass(3s);
  CHECK(stage.take<FlagStale>().size() == 1);
}

TEST_CASE("a body that outlives its claim still has its keys", "[core][keys][promise-I23][promise-I24]") {
  Stage stage(slots(4));
  stage.open_idle();
  store::Task keyed = Stage::task(1);
  keyed.concurrency = store::Concurrency{.key = "c"};
  keyed.order_key = "l";
  stage.claim({keyed});
  stage.core.take_effects();
  stage.core.work_arrived(stage.now);
  auto claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].request.held_keys.empty());  // the store counts it
  CHECK(claims[0].request.held_lines.empty());
  stage.answer({});

  const bool by_fence = GENERATE(true, false);
  if (by_fence) stage.pass(12s + 1ms);  // nothing was renewed: the fence comes before the lease ends
  else stage.core.lost(Stage::key(1), stage.now);
  stage.core.take_effects();
  stage.core.work_arrived(stage.now);
  claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].request.held_keys == std::vector<store::HeldKey>{{"\x1f" "c", 1}});
  CHECK(claims[0].request.held_lines == std::vector<std::string>{"l"});
  stage.answer({});

  stage.core.ended(Stage::key(1), stage.now);  // nothing in the store tells that its keys are free: it is asked again
  claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].request.held_keys.empty());
}

TEST_CASE("a body that outlives its claim and ends while a claim is out is asked about again", "[core][keys]") {
  Stage stage(slots(4));
  stage.open_idle();
  store::Task keyed = Stage::task(1);
  keyed.order_key = "l";
  stage.claim({keyed});
  stage.core.lost(Stage::key(1), stage.now);
  stage.core.take_effects();
  stage.core.work_arrived(stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  stage.core.ended(Stage::key(1), stage.now);
  CHECK(stage.take<ClaimTasks>().empty());
  stage.answer({});
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

// A handler whose bodies take one of these units each.
static handlers::Handler needing_a_gpu(Options& options, const std::vector<std::string>& units) {
  Resource gpu;
  gpu.name = "gpu";
  gpu.units = units;
  options.resources = {gpu};
  handlers::Handler needy = Stage::handler("echo");
  store::Room need;
  need.name = "gpu";
  need.room = 1;
  needy.resources = {need};
  return needy;
}

TEST_CASE("a body gets its units, and nobody else until it has ended", "[core][resources][promise-I23]") {
  Options options = slots(8);
  const handlers::Handler needy = needing_a_gpu(options, {"a", "b"});
  Stage stage(std::move(options), {needy});
  stage.open_idle();
  stage.core.work_arrived(stage.now);
  const auto claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].request.resources.at(0).room == 2);
  CHECK(claims[0].request.kinds.at(0).room == 2);
  CHECK(claims[0].request.kinds.at(0).needs == needy.resources);
  stage.answer({Stage::task(1), Stage::task(2)});
  const auto launches = stage.take<Launch>();
  REQUIRE(launches.size() == 2);
  CHECK(launches[0].resources.at("gpu") == std::vector<std::string>{"a"});
  CHECK(launches[1].resources.at("gpu") == std::vector<std::string>{"b"});
  stage.core.lost(Stage::key(1), stage.now);       // its lease is gone, its body is not
  CHECK(stage.take<ClaimTasks>().empty());
  CHECK(stage.core.resources().rooms().at(0).room == 0);
  stage.core.ended(Stage::key(1), stage.now);
  CHECK(stage.core.resources().rooms().at(0).room == 1);
}

TEST_CASE("what came back from a claim and finds less than it needs after a reload is given back", "[core][resources]") {
  Options options = slots(8);
  const handlers::Handler needy = needing_a_gpu(options, {"0"});
  Stage stage(options, {needy});
  stage.open_idle();
  stage.core.work_arrived(stage.now);
  options.resources.clear();
  stage.core.reload(options, stage.core.handlers(), stage.now);
  stage.answer({Stage::task(1)});
  CHECK(stage.take<Launch>().empty());
  CHECK(stage.core.admission().running() == 0);
}

TEST_CASE("nothing is idle while due work waits for a token", "[core][claim]") {
  Stage stage;
  stage.core.opened(7, stage.now);
  REQUIRE(stage.take<ClaimTasks>().size() == 1);
  store::ClaimAnswer nothing;
  nothing.next_due = stage.now.wall + 400ms;
  nothing.rate_limited = true;
  stage.core.claimed(nothing, stage.now, stage.now);
  CHECK(stage.take<Idle>().empty());
  stage.pass(401ms);
  CHECK(stage.take<ClaimTasks>().size() == 1);
}

TEST_CASE("more room of an executor is claimed for, and the same room again is not", "[core][claim][room]") {
  Stage stage;
  stage.core.opened(1, stage.now);
  stage.take<ClaimTasks>();
  stage.answer({});
  const ExecutorRoom none{"echo", 0};
  const ExecutorRoom two{"echo", 2};
  stage.core.rooms_changed(std::span(&none, 1), stage.now);
  CHECK(stage.take<ClaimTasks>().empty());   // nothing could begin
  stage.core.rooms_changed(std::span(&two, 1), stage.now);
  const auto claims = stage.take<ClaimTasks>();
  REQUIRE(claims.size() == 1);
  const auto& kinds = claims.front().request.kinds;
  CHECK(std::count(kinds.begin(), kinds.end(), store::KindRoom{.name = "echo", .room = 2}) == 1);
  stage.answer({});
  stage.take<Idle>();
  stage.core.rooms_changed(std::span(&two, 1), stage.now);
  CHECK(stage.take<ClaimTasks>().empty());
}
