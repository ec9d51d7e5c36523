#include <catch2/catch.hpp>

#include "api/estimate.hpp"
#include "store/life.hpp"

using namespace reeve;
using namespace std::chrono_literals;

namespace {

const store::Timestamp asked_at = store::from_ms(1'700'000'000'000);

// A due task of the kind `report` in a queue where nothing else is; half of all reports take 10 s, all but a few 20 s.
struct Forecast {
  store::Task task{};
  store::Paused paused{};
  supervisor::Overview overview{};
  std::vector<handlers::Handler> declared{2};
  std::vector<handlers::Queue> queues{};
  std::optional<store::Position> position = store::Position{};
  store::KeyHolds keys{};
  std::vector<store::Step> steps{};
  std::vector<store::RateRow> rates{};
  std::map<std::string, store::KindTimings> timings{};

  Forecast() {
    declared[0].kind = "report";
    declared[1].kind = "mail";
    task.id = store::TaskId{17};
    task.kind = "report";
    task.queue = "default";
    task.run_at = asked_at - 1s;
    overview.phase = supervisor::Phase::running;
    overview.global = {"", 0, 16};
    takes("report", 10'000, 20'000);
    takes("mail", 1'000, 2'000);
  }
  void takes(const std::string& kind, double p50, double p95) {
    store::KindTimings& known = timings[kind];
    known.samples = 40;
    known.run_p50_ms = p50;
    known.run_p95_ms = p95;
  }
  void run(const std::string& kind, store::Millis ago, const std::string& queue = "default") {
    supervisor::RunningAttempt attempt;
    attempt.claim.task = store::TaskId{1};
    attempt.kind = kind;
    attempt.queue = queue;
    attempt.since = asked_at - ago;
    overview.running.push_back(attempt);
    ++overview.global.running;
  }
  void ahead(const std::string& kind, std::int64_t count) {
    position->ahead += count;
    position->kinds[kind] += count;
  }
  store::Dependencies dependencies{};
  [[nodiscard]] api::Estimate estimate() const {
    const handlers::Handlers handlers(declared, queues);
    const auto found = api::estimate_start({task, paused, overview, handlers, position, keys, steps, rates, timings, dependencies, asked_at});
    REQUIRE(found.has_value());
    return *found;
  }
  [[nodiscard]] store::Millis in() const {
    const api::Estimate found = estimate();
    INFO(found.how);
    REQUIRE(found.start.has_value());
    return *found.start - asked_at;
  }
  [[nodiscard]] std::string unknown() const {
    const api::Estimate found = estimate();
    REQUIRE_FALSE(found.start.has_value());
    return found.how;
  }
};

}  // namespace

TEST_CASE("a due task with room starts now, whatever is known of its kind", "[estimate]") {
  Forecast forecast;
  forecast.timings.clear();
  CHECK(forecast.in() == 0s);
}

TEST_CASE("a task waits for a body to end, and for those before it to take their turns", "[estimate]") {
  Forecast forecast;
  forecast.overview.global.limit = 2;
  forecast.run("report", 4s);
  forecast.run("report", 9s);
  CHECK(forecast.in() == 1s);
  forecast.ahead("report", 1);
  CHECK(forecast.in() == 6s);
  forecast.ahead("report", 2);
  CHECK(forecast.in() == 16s);
  CHECK(forecast.estimate().how == "2 run and 3 go before it in its queue; tasks of its kind take 10s each (the median of the last 40); other queues are not counted");
}

TEST_CASE("a body that runs longer than usual is taken to run as long as all but a few, and then as long again", "[estimate]") {
  Forecast forecast;
  forecast.overview.global.limit = 1;
  SECTION("past the usual") {
    forecast.run("report", 15s);
    CHECK(forecast.in() == 5s);
  }
  SECTION("past all but a few") {
    forecast.run("report", 60s);
    CHECK(forecast.in() == 10s);
  }
}

TEST_CASE("limits of kinds and queues let others pass", "[estimate]") {
  Forecast forecast;
  forecast.declared[1].concurrency = 1;
  forecast.ahead("mail", 100);
  SECTION("those before it are of a kind that is full") { CHECK(forecast.in() == 0s); }
  SECTION("its own kind is full") {
    forecast.declared[0].concurrency = 1;
    forecast.run("report", 2s);
    CHECK(forecast.in() == 8s);
  }
  SECTION("its queue is full") {
    handlers::Queue queue;
    queue.name = "default";
    queue.concurrency = 1;
    forecast.queues = {queue};
    CHECK(forecast.in() == 100s);
  }
  SECTION("what runs elsewhere takes no place of the queue") {
    handlers::Queue queue;
    queue.name = "default";
    queue.concurrency = 1;
    forecast.queues = {queue};
    forecast.position = store::Position{};
    forecast.run("report", 1s, "other");
    CHECK(forecast.in() == 0s);
  }
}

TEST_CASE("units of resources limit bodies", "[estimate]") {
  Forecast forecast;
  forecast.declared[0].resources = {{"gpu", 1}};
  supervisor::Resource gpu;
  gpu.name = "gpu";
  gpu.units = {"0"};
  forecast.overview.resources = {gpu};
  forecast.run("report", 3s);
  CHECK(forecast.in() == 7s);
}

TEST_CASE("tokens are left to those before it", "[estimate]") {
  Forecast forecast;
  forecast.declared[0].rate = store::Rate{.limit = 1, .per = 10s, .burst = 1};
  forecast.rates.push_back({store::RateRow::Of::kind, "report", store::to_ms(asked_at) * 1'000 + 10'000'000});
  CHECK(forecast.in() == 10s);
  forecast.ahead("report", 2);
  CHECK(forecast.in() == 30s);
  CHECK(forecast.estimate().how == "the rate of its kind");
}

TEST_CASE("those that have its key, and those with the key before it", "[estimate]") {
  Forecast forecast;
  store::Concurrency concurrency;
  concurrency.key = "k";
  concurrency.limit = 2;
  forecast.task.concurrency = concurrency;
  store::KeyHold& key = forecast.keys.key.emplace();
  key.taken = 2;
  key.holders = {{store::TaskId{1}, store::Status::running, asked_at - 6s, asked_at}, {store::TaskId{2}, store::Status::running, asked_at - 2s, asked_at}};
  CHECK(forecast.in() == 4s);
  key.waiting.ahead = 1;
  CHECK(forecast.in() == 8s);
  key.waiting.ahead = 2;
  CHECK(forecast.in() == 14s);
}

TEST_CASE("those before it in its line, one after the other", "[estimate]") {
  Forecast forecast;
  forecast.task.order_key = "line";
  store::LineHold& line = forecast.keys.line.emplace();
  line.first = store::KeyHolder{store::TaskId{1}, store::Status::running, asked_at - 6s, asked_at};
  line.waiting.ahead = 3;
  CHECK(forecast.in() == 24s);
  line.first->status = store::Status::waiting;
  CHECK_THAT(forecast.unknown(), Catch::Contains("is suspended"));
}

TEST_CASE("its own time comes first", "[estimate]") {
  Forecast forecast;
  forecast.task.run_at = asked_at + 90s;
  forecast.overview.global.limit = 1;
  forecast.run("report", 0s);
  CHECK(forecast.in() == 90s);
}

TEST_CASE("a sleeping task wakes when it said; other waits end nobody knows when", "[estimate]") {
  Forecast forecast;
  forecast.task.status = store::Status::waiting;
  store::Step sleep;
  sleep.sort = store::StepSort::sleep;
  sleep.status = store::StepStatus::waiting;
  sleep.wake_at = asked_at + 5s;
  forecast.steps = {sleep};
  CHECK(forecast.in() == 5s);
  forecast.steps[0].sort = store::StepSort::signal;
  CHECK(forecast.unknown() == "it waits for a signal");
  forecast.steps[0].sort = store::StepSort::tasks;
  CHECK(forecast.unknown() == "it waits for other tasks to end");
}

TEST_CASE("what nobody can know is said", "[estimate]") {
  Forecast forecast;
  SECTION("paused") {
    forecast.paused.kinds.push_back({"report", "", "", asked_at});
    CHECK_THAT(forecast.unknown(), Catch::Contains("paused"));
  }
  SECTION("a paused label") {
    forecast.task.labels = {{"customer", "acme"}};
    forecast.paused.labels.push_back({"customer", "acme", "", "", asked_at});
    CHECK_THAT(forecast.unknown(), Catch::Contains("paused"));
  }
  SECTION("drained") {
    forecast.overview.paused_claims = true;
    CHECK_THAT(forecast.unknown(), Catch::Contains("drained"));
  }
  SECTION("no runner") {
    forecast.overview.phase = supervisor::Phase::draining;
    CHECK_THAT(forecast.unknown(), Catch::Contains("claims nothing"));
  }
  SECTION("no handler") {
    forecast.task.kind = "unheard";
    CHECK(forecast.unknown() == "no handler has its kind");
  }
  SECTION("nothing ever ran") {
    forecast.timings.clear();
    forecast.overview.global.limit = 1;
    forecast.run("report", 1s);
    CHECK_THAT(forecast.unknown(), Catch::Contains("no task of the kind \"report\" has ever run to its end"));
  }
  SECTION("dependencies") {
    forecast.task.block = static_cast<int>(store::Block::dependency);
    CHECK_THAT(forecast.unknown(), Catch::Contains("comes after"));
  }
  SECTION("no place for its kind") {
    forecast.declared[0].concurrency = 0;
    CHECK_THAT(forecast.unknown(), Catch::Contains("let none of its kind run"));
  }
}

TEST_CASE("a task that runs or has ended has no estimate", "[estimate]") {
  Forecast forecast;
  const handlers::Handlers handlers(forecast.declared, {});
  for (const store::Status status : {store::Status::running, store::Status::claimed, store::Status::succeeded}) {
    forecast.task.status = status;
    CHECK_FALSE(api::estimate_start({forecast.task, forecast.paused, forecast.overview, handlers, forecast.position, forecast.keys, forecast.steps, forecast.rates, forecast.timings, forecast.dependencies, asked_at}));
  }
}
