#include "api/json/records.hpp"
#include "api/query.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api::routes {

namespace {

void write_group(JsonWriter& json, const store::FailureGroup& group) {
  json.open_object();
  json.member("fingerprint", group.fingerprint).member("kind", group.kind).member("count", group.count);
  json.member("code", group.code).member("message", group.message).text_member("last_words", group.last_words);
  json.member("first_failed_at", group.first).member("last_failed_at", group.last).member("newest_task", number(group.newest)).close_object();
}

}  // namespace

Answer list_failures(Service& service, Request request) {
  const Parameters parameters(request.query, {"kind", "queue", "since", "limit"});
  store::FailureQuery query;
  query.kinds = parameters.words("kind");
  query.queues = parameters.words("queue");
  query.since = parameters.time("since", service.backend.clock.now());
  query.limit = parameters.limit();
  auto read = [&query](store::Reader& reader) { return reader.failures(query); };
  const store::FailurePage page = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  json.open_object().key("failures").open_array();
  for (const store::FailureGroup& group : page.groups) write_group(json, group);
  json.close_array();
  json.member("more", page.more).close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
