#include "api/drain_forecast.hpp"

#include <algorithm>

namespace reeve::api {

namespace {

using store::Millis;
using store::Timestamp;

RunForecast forecast_run(const supervisor::RunningAttempt& one, const handlers::Handlers& handlers, const std::map<std::string, store::KindTimings>& timings,
                         Timestamp now) {
  RunForecast run;
  run.task = one.claim.task;
  run.kind = one.kind;
  run.queue = one.queue;
  run.since = one.since;
  const auto known = timings.find(one.kind);
  if (known != timings.end() && known->second.samples > 0) {
    const Timestamp usual = one.since + Millis{static_cast<std::int64_t>(known->second.run_p95_ms + 0.5)};
    run.overdue = usual < now;
    if (!run.overdue) run.done_at = usual;
  }
  const handlers::Handler* handler = handlers.find(one.kind);
  if (!handler || !handler->timeout) return run;
  const Timestamp latest = std::max(one.since + *handler->timeout, now);
  if (run.done_at && *run.done_at <= latest) return run;
  run.done_at = latest;
  run.by_timeout = true;
  return run;
}

}  // namespace

DrainForecast forecast_drain(const supervisor::Overview& overview, const handlers::Handlers& handlers,
                             const std::map<std::string, store::KindTimings>& timings, Timestamp now) {
  DrainForecast forecast;
  bool all_known = true;
  for (const supervisor::RunningAttempt& one : overview.running) {
    RunForecast run = forecast_run(one, handlers, timings, now);
    run.past_drain_timeout = !run.done_at || *run.done_at > now + overview.drain_timeout;
    if (run.done_at) forecast.done_at = std::max(forecast.done_at.value_or(*run.done_at), *run.done_at);
    all_known &= run.done_at.has_value();
    forecast.attempts.push_back(std::move(run));
  }
  if (!all_known) forecast.done_at.reset();
  std::stable_sort(forecast.attempts.begin(), forecast.attempts.end(), [](const RunForecast& a, const RunForecast& b) { return a.since < b.since; });
  return forecast;
}

void write_forecast(JsonWriter& json, const DrainForecast& forecast, Millis drain_timeout, Timestamp now) {
  json.member("running", static_cast<std::int64_t>(forecast.attempts.size())).key("attempts").open_array();
  for (const RunForecast& run : forecast.attempts) {
    json.open_object().member("task", number(run.task)).member("kind", run.kind).member("queue", run.queue).member("since", run.since);
    json.member("elapsed_ms", std::max(now - run.since, Millis{0}).count()).member("done_at", run.done_at);
    if (run.done_at) json.member("done_by", run.by_timeout ? "timeout" : "p95");
    json.member("overdue", run.overdue).member("past_drain_timeout", run.past_drain_timeout).close_object();
  }
  json.close_array().member("done_at", forecast.done_at);
  if (forecast.done_at) json.member("done_in_ms", (*forecast.done_at - now).count());
  json.member("drain_timeout_ms", drain_timeout.count());
}

}  // namespace reeve::api
