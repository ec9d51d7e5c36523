#include <unistd.h>

#include <algorithm>
#include <map>

#include "api/json/records.hpp"
#include "api/query.hpp"
#include "api/routes/paused.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

struct Stored {
  std::vector<store::CountRow> counts{};
  store::Paused pauses{};
  store::StoreFacts facts{};
};

Stored read_stored(store::Reader& reader) {
  Stored stored;
  stored.counts = reader.counts();
  stored.pauses = reader.pauses();
  stored.facts = reader.facts();
  return stored;
}

void write_runner(JsonWriter& json, const Service& service, const supervisor::Overview& overview) {
  const store::Millis uptime = service.backend.clock.now() - overview.started_at;
  json.member("version", service.backend.version).member("phase", name(overview.phase)).member("draining", overview.paused_claims);
  json.member("trouble", overview.trouble).member("runner", overview.runner).member("runner_name", overview.runner_name);
  json.member("pid", std::int64_t{::getpid()}).member("started_at", overview.started_at);
  json.member("uptime_ms", std::int64_t{std::max(uptime, store::Millis{0}).count()});
}

void write_queues(JsonWriter& json, const supervisor::Overview& overview, const std::vector<store::QueuePause>& pauses) {
  std::map<std::string, const store::QueuePause*> paused;
  for (const store::QueuePause& pause : pauses) paused[pause.queue] = &pause;
  json.key("queues").open_array();
  for (const supervisor::Usage& usage : overview.queues) {
    json.open_object();
    write_usage(json, usage);
    const auto pause = paused.find(usage.name);
    if (pause != paused.end()) {
      write_pause(json, *pause->second);
      paused.erase(pause);
    }
    json.close_object();
  }
  for (const auto& [queue, pause] : paused) {        // paused queues that nothing runs from
    json.open_object().member("name", queue).member("running", 0);
    write_pause(json, *pause);
    json.close_object();
  }
  json.close_array();
}

void write_usages(JsonWriter& json, const supervisor::Overview& overview) {
  json.key("global").open_object();
  write_usage(json, overview.global);
  json.close_object().key("kinds").open_array();
  for (const supervisor::Usage& usage : overview.kinds) {
    json.open_object();
    write_usage(json, usage);
    json.close_object();
  }
  json.close_array();
}

// Who holds which unit; those that nobody holds are free.
void write_resources(JsonWriter& json, const supervisor::Overview& overview) {
  json.key("resources").open_array();
  for (const supervisor::Resource& resource : overview.resources) {
    json.open_object().member("name", resource.name).words("units", resource.units).key("held").open_array();
    for (const supervisor::RunningAttempt& attempt : overview.running) {
      const auto held = attempt.resources.find(resource.name);
      if (held == attempt.resources.end()) continue;
      json.open_object().member("task", number(attempt.claim.task)).member("kind", attempt.kind).words("units", held->second).close_object();
    }
    json.close_array().close_object();
  }
  json.close_array();
}

void write_counts(JsonWriter& json, const std::vector<store::CountRow>& rows) {
  using store::Status;
  std::map<Status, std::int64_t> totals;
  for (const Status status : {Status::queued, Status::claimed, Status::running, Status::waiting, Status::succeeded, Status::failed, Status::cancelled})
    totals[status] = 0;
  for (const store::CountRow& row : rows) totals[row.status] += row.count;
  json.key("counts").open_object().key("status").open_object();
  for (const auto& [status, count] : totals) json.member(store::name(status), count);
  json.close_object().key("queues").open_array();
  for (const store::CountRow& row : rows) {
    json.open_object().member("queue", row.queue).member("kind", row.kind);
    json.member("status", store::name(row.status)).member("count", row.count).close_object();
  }
  json.close_array().close_object();
}

void write_figures(JsonWriter& json, const Service& service) {
  const supervisor::StoreThreadFigures figures = service.backend.store.figures();
  const auto micros = [](std::chrono::nanoseconds time) { return std::int64_t{std::chrono::floor<std::chrono::microseconds>(time).count()}; };
  json.key("figures").open_object();
  json.member("store_operations", figures.operations).member("store_batches", figures.batches);
  json.member("store_failed_batches", figures.failed_batches).member("store_waiting", figures.waiting);
  json.member("store_busy_us", micros(figures.busy)).member("store_last_batch_us", micros(figures.last_batch));
  json.member("streams", service.streams).member("log_lost", service.backend.log.lost()).close_object();
}

}  // namespace

Answer get_status(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const Stored stored = co_await service.backend.reader.read(read_stored);
  const supervisor::Overview overview = service.backend.supervisor.overview();
  JsonWriter json;
  json.open_object();
  write_runner(json, service, overview);
  write_usages(json, overview);
  write_queues(json, overview, stored.pauses.queues);
  write_pauses(json.key("pauses"), stored.pauses);
  json.key("running").open_array();
  for (const supervisor::RunningAttempt& attempt : overview.running) write_running(json, attempt);
  json.close_array();
  write_resources(json, overview);
  json.key("pools").open_array();
  for (const executors::PoolStatus& pool : overview.pools) write_pool(json, pool);
  json.close_array();
  write_counts(json, stored.counts);
  write_facts(json.key("store"), stored.facts);
  if (service.backend.door) write_door(json, service.backend.door());
  write_figures(json, service);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
