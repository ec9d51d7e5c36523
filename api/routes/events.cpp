#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/routes/routes.hpp"
#include "api/stream/live.hpp"
#include "supervisor/reader_thread.hpp"

namespace reeve::api::routes {

namespace {

constexpr std::int64_t last_max = 10'000;

// From `type kind queue task`.
store::EventQuery parse_filter(const Parameters& parameters) {
  store::EventQuery query;
  query.types = parameters.words("type");
  query.kinds = parameters.words("kind");
  query.queues = parameters.words("queue");
  if (const auto task = parameters.integer("task", 1, INT64_MAX)) query.task = store::TaskId{*task};
  return query;
}

// What a reconnecting client remembers goes before what its address says.
std::optional<store::Cursor> cursor_of(const Request& request, const Parameters& parameters) {
  if (!request.last_event_id.empty()) return parse_cursor("Last-Event-ID", request.last_event_id);
  return parameters.cursor("since");
}

struct Ends {
  store::Cursor first{};
  store::Cursor last{};
};

Reply stream_reply(std::unique_ptr<LiveStream> stream) {
  Reply reply;
  reply.content_type = "text/event-stream";
  reply.headers.emplace_back("Cache-Control", "no-store");
  reply.stream = std::move(stream);
  return reply;
}

}  // namespace

Answer list_events(Service& service, Request request) {
  const Parameters parameters(request.query, {"after", "limit", "type", "kind", "queue", "task"});
  store::EventQuery query = parse_filter(parameters);
  query.after = parameters.cursor("after").value_or(store::Cursor{});
  query.limit = parameters.limit();
  auto read = [&query](store::Reader& reader) { return reader.events(query); };
  const store::EventPage page = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  json.open_object().key("events").open_array();
  for (const store::Event& event : page.events) write_event(json, event);
  json.close_array();
  if (page.more) json.member("next", std::to_string(number(page.last)));
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer stream_events(Service& service, Request request) {
  const Parameters parameters(request.query, {"since", "last", "type", "kind", "queue", "task"});
  const store::EventQuery filter = parse_filter(parameters);
  const auto given = cursor_of(request, parameters);
  const std::int64_t last = parameters.integer("last", 0, last_max).value_or(0);
  auto read = [](store::Reader& reader) {
    Ends ends;
    ends.first = reader.first_event();
    ends.last = reader.last_event();
    return ends;
  };
  const Ends ends = co_await service.backend.reader.read(std::move(read));
  co_return stream_reply(follow_events(service, filter, start_of(given, last, ends.first, ends.last)));
}

Answer stream_task(Service& service, Request request) {
  const Parameters parameters(request.query, {"since", "log", "last"});
  TaskStreamOptions options;
  options.since = cursor_of(request, parameters);
  options.log = parameters.flag("log").value_or(true);
  options.last = static_cast<int>(parameters.integer("last", 0, page_max).value_or(options.last));
  options.task = co_await resolve(service, request.arguments.at(0));
  (void)co_await look_up(service, options.task);
  co_return stream_reply(follow_task(service, options));
}

}  // namespace reeve::api::routes
