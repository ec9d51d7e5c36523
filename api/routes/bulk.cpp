#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/admission.hpp"
#include "api/bulk_admission.hpp"
#include "api/json/fields.hpp"
#include "api/json/reader.hpp"
#include "api/json/writer.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace asio = boost::asio;

namespace {

// {"tasks":[...]}: the slices of the tasks.
std::vector<std::string_view> items_in(const std::string& body) {
  std::vector<std::string_view> items;
  const Fields fields(body);
  for (const JsonMember& member : fields.members()) {
    if (member.key == "tasks") items = fields.field(member).items();
    else fields.refuse_unknown(member, {"tasks"});
  }
  return items;
}

// A task a line; empty lines are passed over.
asio::awaitable<std::vector<std::string_view>> lines_in(Service& service, const std::string& body) {
  std::vector<std::string_view> items;
  std::string_view rest = body;
  for (std::size_t line = 1; !rest.empty(); ++line) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = trimmed_json(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.empty()) continue;
    co_await check_large_json(service, text, line);
    items.push_back(text);
    if (items.size() % items_at_a_stretch == 0) co_await asio::post(service.backend.loop, asio::use_awaitable);
  }
  co_return items;
}

void check_count(const Service& service, std::size_t count) {
  if (count == 0) throw not_acceptable("tasks", "there are no tasks in the body; write {\"tasks\":[{\"kind\":\"...\"}]}, or a task a line");
  check_item_count(service, count);
}

// `?batch=`: those that name no batch themselves belong to it.
void put_into(std::optional<std::int64_t> batch, store::EnqueueRequest& enqueue) {
  if (!batch) return;
  for (store::NewTask& task : enqueue.tasks)
    if (!task.batch) task.batch = store::BatchId{*batch};
}

std::string answer_text(const store::EnqueueDone& done) {
  JsonWriter json;
  json.open_object().key("tasks").open_array();
  for (const store::Enqueued& enqueued : done.tasks) {
    json.open_object();
    write_enqueued(json, enqueued);
    json.close_object();
  }
  json.close_array().close_object();
  return std::move(json).text();
}

}  // namespace

Answer enqueue_bulk(Service& service, Request request) {
  const Parameters parameters(request.query, {"batch"});
  const auto batch = parameters.integer("batch", 1, INT64_MAX);
  std::vector<std::string_view> items;
  if (format_of(request) == BodyFormat::ndjson) {
    items = co_await lines_in(service, request.body);
  } else {
    co_await check_large_json(service, request.body, 0);
    items = items_in(request.body);
  }
  check_count(service, items.size());

  store::EnqueueRequest enqueue;
  const std::string actor = request.actor();
  co_await admit_items(service, items, actor, enqueue);
  put_into(batch, enqueue);
  take_request_key(enqueue, request);
  const store::EnqueueDone done = co_await enqueue_admitted(service, enqueue);
  Reply reply = json_reply(answer_text(done), 201);
  if (done.replayed) reply.headers.emplace_back("Idempotent-Replayed", "true");
  co_return reply;
}

}  // namespace reeve::api::routes
