#include "api/json/records.hpp"
#include "api/query.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr int samples_default = 1'000;
constexpr int samples_max = 100'000;

struct KindStats {
  std::string kind{};
  store::KindTimings timings{};
  std::vector<store::StepTimings> steps{};
};

void write_stats(JsonWriter& json, const KindStats& stats) {
  const store::KindTimings& timings = stats.timings;
  json.open_object().member("kind", stats.kind).member("samples", timings.samples);
  json.member("start_p50_ms", timings.start_p50_ms).member("start_p95_ms", timings.start_p95_ms).member("start_p99_ms", timings.start_p99_ms);
  json.member("run_p50_ms", timings.run_p50_ms).member("run_p95_ms", timings.run_p95_ms).member("run_p99_ms", timings.run_p99_ms);
  json.member("cpu_p50_ms", timings.cpu_p50_ms).member("cpu_p95_ms", timings.cpu_p95_ms);
  json.member("rss_p50_kib", timings.rss_p50_kib).member("rss_p95_kib", timings.rss_p95_kib).key("steps").open_array();
  for (const store::StepTimings& step : stats.steps) {
    json.open_object().member("name", step.name).member("samples", step.samples).member("mean_ms", step.mean_ms);
    json.member("p50_ms", step.p50_ms).member("p95_ms", step.p95_ms).close_object();
  }
  json.close_array().close_object();
}

}  // namespace

Answer list_kinds(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const auto handlers = service.backend.supervisor.handlers();
  JsonWriter json;
  json.open_object().key("kinds").open_array();
  for (const handlers::Handler& handler : handlers->all()) write_handler(json, handler);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

Answer get_stats(Service& service, Request request) {
  const Parameters parameters(request.query, {"kind", "last"});
  const int newest = static_cast<int>(parameters.integer("last", 1, samples_max).value_or(samples_default));
  std::vector<std::string> kinds = parameters.words("kind");
  const auto handlers = service.backend.supervisor.handlers();
  const bool named = !kinds.empty();   // the steps of every kind at once would cost a look at the history for each
  if (!named)
    for (const handlers::Handler& handler : handlers->all()) kinds.push_back(handler.kind);
  auto read = [&kinds, newest, named](store::Reader& reader) {
    std::vector<KindStats> all;
    for (const std::string& kind : kinds) {
      KindStats& one = all.emplace_back();
      one.kind = kind;
      one.timings = reader.timings(kind, newest);
      if (named) one.steps = reader.step_timings(kind, newest);
    }
    return all;
  };
  const std::vector<KindStats> all = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  json.open_object().key("kinds").open_array();
  for (const KindStats& stats : all) write_stats(json, stats);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
