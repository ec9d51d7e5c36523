#include <map>

#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/paused.hpp"
#include "api/routes/routes.hpp"
#include "handlers/admit.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

// All that is known of one queue, from wherever it is known.
struct QueueView {
  std::optional<int> limit{};
  int running = 0;
  std::optional<store::QueuePause> pause{};
  std::map<store::Status, std::int64_t> counts{};
};
using QueueViews = std::map<std::string, QueueView>;

struct StoredQueues {
  std::vector<store::CountRow> counts{};
  store::Paused pauses{};
};

QueueViews gather(const Service& service, const StoredQueues& stored) {
  QueueViews views;
  const auto handlers = service.backend.supervisor.handlers();
  for (const handlers::Handler& handler : handlers->all()) views[handler.queue];
  for (const handlers::Queue& queue : handlers->queues()) views[queue.name].limit = queue.concurrency;
  for (const supervisor::Usage& usage : service.backend.supervisor.overview().queues) views[usage.name].running = usage.running;
  for (const store::QueuePause& pause : stored.pauses.queues) views[pause.queue].pause = pause;
  for (const store::CountRow& row : stored.counts) views[row.queue].counts[row.status] += row.count;
  return views;
}

void write_queue(JsonWriter& json, const std::string& name, const QueueView& view) {
  json.open_object().member("name", name).member("limit", view.limit).member("running", view.running);
  if (view.pause) write_pause(json, *view.pause);
  json.key("counts").open_object();
  for (const auto& [status, count] : view.counts) json.member(store::name(status), count);
  json.close_object().close_object();
}

std::string checked_queue(const Request& request) {
  const std::string& name = request.arguments.at(0);
  if (!handlers::is_name(name))
    throw Problem(400, "invalid_name", "\"" + name.substr(0, 60) + "\" is not the name of a queue; names are [A-Za-z0-9_.:-]{1,128}", "queue");
  return name;
}

Reply pause_reply(const std::string& queue, bool paused, bool changed) {
  JsonWriter json;
  json.open_object().member("queue", queue).member("paused", paused).member("changed", changed).close_object();
  return json_reply(std::move(json).text());
}

}  // namespace

Answer list_queues(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  auto read = [](store::Reader& reader) {
    StoredQueues stored;
    stored.counts = reader.counts();
    stored.pauses = reader.pauses();
    return stored;
  };
  const StoredQueues stored = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  json.open_object().key("queues").open_array();
  for (const auto& [queue, view] : gather(service, stored)) write_queue(json, queue, view);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

Answer pause_queue(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string queue = checked_queue(request);
  const std::string reason = reason_of(request);
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) { return store.queues().pause(queue, reason, actor, now); };
  const bool changed = co_await service.backend.store.run(work);
  co_return pause_reply(queue, true, changed);
}

Answer resume_queue(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string queue = checked_queue(request);
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) { return store.queues().resume(queue, actor, now); };
  const bool changed = co_await service.backend.store.run(work);
  service.backend.supervisor.work_arrived();
  co_return pause_reply(queue, false, changed);
}

}  // namespace reeve::api::routes
