#include "api/admission.hpp"
#include "api/json/records.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "api/waiting.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr store::Millis task_wait_default{30'000};

// Both made a new task.
bool is_new(const store::Enqueued& enqueued) {
  return enqueued.disposition == store::EnqueueDisposition::created || enqueued.disposition == store::EnqueueDisposition::superseded;
}

}  // namespace

Answer enqueue(Service& service, Request request) {
  const Parameters parameters(request.query, {"wait"});
  const auto wait = parameters.duration("wait");
  if (wait) (void)checked_wait("wait", *wait);
  check_body(request);

  store::EnqueueRequest enqueue;
  enqueue.tasks.push_back(admit_task(service, request.body, request.actor()));
  take_request_key(enqueue, request);
  const store::Timestamp now = service.backend.clock.now();
  const store::EnqueueDone done = co_await enqueue_admitted(service, enqueue);
  const store::Enqueued& enqueued = done.tasks.at(0);
  JsonWriter json;
  json.open_object();
  write_enqueued(json, enqueued);
  if (enqueued.disposition == store::EnqueueDisposition::coalesced && !wait) {
    const Seen seen = co_await look_up(service, enqueued.id);
    write_task(json.key("task"), seen.task, state_of(seen.task, now, seen.paused), Body::with_payload);
  }
  if (wait) {
    const Seen seen = co_await wait_for_end(service, request, enqueued.id, *wait);
    write_waited(json, seen, service.backend.clock.now());
  }
  json.close_object();
  Reply reply = json_reply(std::move(json).text(), is_new(enqueued) ? 201 : 200);
  if (done.replayed) reply.headers.emplace_back("Idempotent-Replayed", "true");
  co_return reply;
}

Answer get_task(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  const Seen seen = co_await look_up(service, id);
  JsonWriter json;
  write_task(json, seen.task, state_of(seen.task, service.backend.clock.now(), seen.paused), Body::with_payload);
  co_return json_reply(std::move(json).text());
}

Answer wait_for_task(Service& service, Request request) {
  const Parameters parameters(request.query, {"timeout"});
  const store::Millis timeout = checked_wait("timeout", parameters.duration("timeout").value_or(task_wait_default));
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  const Seen seen = co_await wait_for_end(service, request, id, timeout);
  JsonWriter json;
  json.open_object();
  write_waited(json, seen, service.backend.clock.now());
  json.close_object();
  co_return json_reply(std::move(json).text());
}

namespace {

struct List {
  store::TaskPage page{};
  store::Paused pauses{};
};

store::ListQuery parse_list(const Parameters& parameters, store::Timestamp now) {
  store::ListQuery query;
  query.selector = parse_selector(parameters, now);
  query.limit = parameters.limit();
  query.with_payload = parameters.flag("payload").value_or(false);
  if (const auto after = parameters.cursor("after")) query.after = store::TaskId{number(*after)};
  query.order = parameters.choice("order", {"newest", "oldest"}) == "oldest" ? store::Order::oldest_first : store::Order::newest_first;
  return query;
}

}  // namespace

Answer list_tasks(Service& service, Request request) {
  const Parameters parameters(request.query,
                              {"id", "kind", "queue", "state", "label", "fingerprint", "concurrency_key", "dedupe_key", "supersede_key", "order_key", "since",
                               "until", "batch", "order", "limit", "after", "payload"});
  const store::Timestamp now = service.backend.clock.now();
  const store::ListQuery query = parse_list(parameters, now);
  auto read = [&query, now](store::Reader& reader) {
    List list;
    list.page = reader.list(query, now);
    list.pauses = reader.pauses();
    return list;
  };
  const List list = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  json.open_object().key("tasks").open_array();
  for (const store::Task& task : list.page.tasks)
    write_task(json, task, state_of(task, now, list.pauses.holds(task)), query.with_payload ? Body::with_payload : Body::without_payload);
  json.close_array();
  if (list.page.more && !list.page.tasks.empty()) json.member("next", std::to_string(number(list.page.tasks.back().id)));
  json.close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
