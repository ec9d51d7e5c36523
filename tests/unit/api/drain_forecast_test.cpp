#include <catch2/catch.hpp>

#include "api/drain_forecast.hpp"

using namespace reeve;
using namespace std::chrono_literals;

namespace {

const store::Timestamp drained_at = store::from_ms(1'700'000'000'000);

struct Drained {
  supervisor::Overview overview{};
  std::vector<handlers::Handler> declared{1};
  std::map<std::string, store::KindTimings> timings{};

  Drained() {
    declared[0].kind = "report";
    store::KindTimings& known = timings["report"];
    known.samples = 40;
    known.run_p95_ms = 20'000;
    overview.drain_timeout = 30s;
  }
  void run(std::int64_t task, const std::string& kind, store::Millis ago) {
    supervisor::RunningAttempt attempt;
    attempt.claim.task = store::TaskId{task};
    attempt.kind = kind;
    attempt.queue = "default";
    attempt.since = drained_at - ago;
    overview.running.push_back(attempt);
  }
  [[nodiscard]] api::DrainForecast forecast() const { return api::forecast_drain(overview, handlers::Handlers(declared, {}), timings, drained_at); }
};

}  // namespace

TEST_CASE("a drain is done when the last attempt has run as long as all but a few of its kind", "[drain]") {
  Drained drained;
  CHECK_FALSE(drained.forecast().done_at);
  drained.run(1, "report", 5s);
  drained.run(2, "report", 15s);
  const api::DrainForecast forecast = drained.forecast();
  REQUIRE(forecast.attempts.size() == 2);
  CHECK(forecast.attempts[0].task == store::TaskId{2});
  CHECK(forecast.attempts[0].done_at == drained_at + 5s);
  CHECK(forecast.attempts[1].done_at == drained_at + 15s);
  CHECK_FALSE(forecast.attempts[1].past_drain_timeout);
  CHECK(forecast.done_at == drained_at + 15s);
}

TEST_CASE("what runs longer than usual, or never ran, is not forecast but by its timeout", "[drain]") {
  Drained drained;
  drained.run(1, "report", 25s);
  SECTION("longer than usual") {
    const api::DrainForecast forecast = drained.forecast();
    CHECK(forecast.attempts[0].overdue);
    CHECK(forecast.attempts[0].past_drain_timeout);
    CHECK_FALSE(forecast.attempts[0].done_at);
    CHECK_FALSE(forecast.done_at);
  }
  SECTION("with a timeout") {
    drained.declared[0].timeout = 60s;
    const api::DrainForecast forecast = drained.forecast();
    CHECK(forecast.done_at == drained_at + 35s);
    CHECK(forecast.attempts[0].by_timeout);
    CHECK(forecast.attempts[0].past_drain_timeout);
  }
  SECTION("never ran") {
    drained.run(2, "mail", 1s);
    const api::DrainForecast forecast = drained.forecast();
    CHECK_FALSE(forecast.attempts[1].overdue);
    CHECK_FALSE(forecast.attempts[1].done_at);
    CHECK_FALSE(forecast.done_at);
  }
}

TEST_CASE("a timeout that comes sooner than usual decides", "[drain]") {
  Drained drained;
  drained.declared[0].timeout = 10s;
  drained.run(1, "report", 4s);
  const api::DrainForecast forecast = drained.forecast();
  CHECK(forecast.attempts[0].by_timeout);
  CHECK(forecast.done_at == drained_at + 6s);
  drained.run(2, "report", 40s);
  CHECK(drained.forecast().attempts[0].done_at == drained_at);
}

TEST_CASE("a forecast is told as JSON", "[drain]") {
  Drained drained;
  drained.run(1, "report", 5s);
  api::JsonWriter json;
  json.open_object();
  write_forecast(json, drained.forecast(), 30s, drained_at);
  json.close_object();
  CHECK(std::move(json).text() ==
        R"({"running":1,"attempts":[{"task":1,"kind":"report","queue":"default","since":"2023-11-14T22:13:15.000Z","elapsed_ms":5000,)"
        R"("done_at":"2023-11-14T22:13:35.000Z","done_by":"p95","overdue":false,"past_drain_timeout":false}],"done_at":"2023-11-14T22:13:35.000Z",)"
        R"("done_in_ms":15000,"drain_timeout_ms":30000})");
}
