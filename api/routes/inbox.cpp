#include "api/json/writer.hpp"
#include "api/query.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api::routes {

namespace {

struct Found {
  store::StoreFacts facts{};
  std::vector<store::RefusedRow> refused{};
};

void write_refused(JsonWriter& json, const store::RefusedRow& row) {
  json.open_object().member("id", row.id).member("source", row.source).member("row", row.row).member("refused_at", row.refused_at);
  json.member("code", row.why.code).member("reason", row.why.message).member("kind", row.kind).close_object();
}

}  // namespace

Answer list_inbox(Service& service, Request request) {
  const Parameters parameters(request.query, {"limit"});
  const int limit = parameters.limit();
  auto read = [limit](store::Reader& reader) { return Found{reader.facts(), reader.refused(limit)}; };
  const Found found = co_await service.backend.reader.read(std::move(read));
  const supervisor::DoorStatus door = service.backend.door ? service.backend.door() : supervisor::DoorStatus{};
  JsonWriter json;
  json.open_object().member("open", door.open).member("waiting", found.facts.inbox_waiting).member("taken", door.taken);
  json.member("refused_rows", found.facts.inbox_refused).key("refused").open_array();
  for (const store::RefusedRow& row : found.refused) write_refused(json, row);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

Answer ring_inbox(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  if (service.backend.ring) service.backend.ring();
  co_return json_reply(R"({"rung":true})", 202);
}

}  // namespace reeve::api::routes
