// What keeps the store small, by hand: in pieces, so that everything else goes on between them.
#include "api/json/fields.hpp"
#include "api/json/writer.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "store/event_data.hpp"
#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr int rows_in_a_piece = 100;
constexpr std::int64_t bytes_in_a_piece = 4 << 20;

bool is_dry_run(const Request& request) {
  if (request.body.empty()) return false;
  check_body(request);
  bool dry = false;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    if (member.key == "dry_run") dry = fields.field(member).as_bool();
    else fields.refuse_unknown(member, {"dry_run"});
  }
  return dry;
}

void write(JsonWriter& json, const store::RetentionReport& report) {
  json.member("tasks", report.tasks).member("succeeded", report.succeeded).member("failed", report.failed).member("cancelled", report.cancelled);
  json.member("log_lines", report.log_lines).member("log_bytes", report.log_bytes).member("steps", report.steps);
  json.member("events", report.events).member("requests", report.requests).member("over_bytes", report.over_bytes);
}

boost::asio::awaitable<store::RetentionReport> let_go(Service& service, std::string actor) {
  store::RetentionReport total;
  do {
    const store::Timestamp now = service.backend.clock.now();
    auto piece = [&service, now](store::Store& store) { return store.maintenance().retain(service.backend.supervisor.retention(), now, rows_in_a_piece); };
    total.add(co_await service.backend.store.run(piece));
  } while (total.more);
  if (!total.deleted_anything()) co_return total;
  store::Event event;
  event.at = service.backend.clock.now();
  event.type = "retention.deleted";
  event.actor = std::move(actor);
  event.data = store::event_data::retained(total);
  auto append = [&event](store::Store& store) { return store.maintenance().append_event(event); };
  co_await service.backend.store.run(append);
  co_return total;
}

boost::asio::awaitable<store::SpaceGiven> give_back(Service& service) {
  auto piece = [](store::Store& store) { return store.maintenance().give_space_back(bytes_in_a_piece); };
  store::SpaceGiven total = co_await service.backend.store.run(piece);
  for (store::SpaceGiven last = total; last.bytes > 0 && last.left > 0;) {
    last = co_await service.backend.store.run(piece);
    total.bytes += last.bytes;
    total.left = last.left;
  }
  co_return total;
}

void write(JsonWriter& json, const store::SpaceGiven& space) {
  json.member("given_back_bytes", space.bytes).member("free_bytes", space.left).member("by_rewriting_only", space.by_rewriting_only);
}

}  // namespace

Answer compact_store(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const bool dry = is_dry_run(request);
  JsonWriter json;
  json.open_object().member("dry_run", dry);
  if (dry) {
    const store::Timestamp now = service.backend.clock.now();
    auto look = [policy = service.backend.supervisor.retention(), now](store::Reader& reader) { return reader.would_let_go(policy, now); };
    write(json, co_await service.backend.reader.read(std::move(look)));
  } else {
    const store::RetentionReport report = co_await let_go(service, request.actor());
    const store::SpaceGiven space = co_await give_back(service);
    service.backend.log.info("store.compacted", {{"tasks", report.tasks},
                                                 {"log_lines", report.log_lines},
                                                 {"steps", report.steps},
                                                 {"events", report.events},
                                                 {"given_back_bytes", space.bytes},
                                                 {"actor", request.actor()}});
    write(json, report);
    write(json, space);
  }
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer vacuum_store(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const store::SpaceGiven space = co_await give_back(service);
  service.backend.log.info("store.vacuumed", {{"given_back_bytes", space.bytes}, {"free_bytes", space.left}, {"actor", request.actor()}});
  JsonWriter json;
  json.open_object();
  write(json, space);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer get_store_stats(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  auto look = [](store::Reader& reader) { return reader.anatomy(); };
  const store::StoreAnatomy anatomy = co_await service.backend.reader.read(std::move(look));
  JsonWriter json;
  json.open_object().member("engine", anatomy.facts.engine).member("location", anatomy.facts.location).member("durability", anatomy.facts.durability);
  json.member("schema", anatomy.facts.schema).member("file_bytes", anatomy.facts.file_bytes).member("wal_bytes", anatomy.facts.wal_bytes);
  json.member("inbox_waiting", anatomy.facts.inbox_waiting).member("inbox_refused", anatomy.facts.inbox_refused);
  json.member("free_bytes", anatomy.free_bytes).member("gives_space_back", anatomy.gives_space_back).member("log_bytes", anatomy.log_bytes);
  json.member("oldest_task", anatomy.oldest_task).member("newest_task", anatomy.newest_task).member("oldest_end", anatomy.oldest_end);
  json.member("oldest_event", anatomy.oldest_event).member("newest_event", anatomy.newest_event);
  json.key("counts").open_array();
  for (const store::CountRow& row : anatomy.counts)
    json.open_object().member("queue", row.queue).member("kind", row.kind).member("status", store::name(row.status)).member("count", row.count).close_object();
  json.close_array().key("tables").open_array();
  for (const store::StoreAnatomy::Table& table : anatomy.tables)
    json.open_object().member("name", table.name).member("rows", table.rows).member("bytes", table.bytes).close_object();
  json.close_array().key("indexes").open_array();
  for (const store::StoreAnatomy::Index& index : anatomy.indexes)
    json.open_object().member("name", index.name).member("table", index.table).member("bytes", index.bytes).close_object();
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
