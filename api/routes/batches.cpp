#include "api/admission.hpp"
#include "api/awaiting.hpp"
#include "api/batch_request.hpp"
#include "api/bulk_admission.hpp"
#include "api/json/reader.hpp"
#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "api/waiting.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr store::Millis batch_wait_default{30'000};

store::BatchId batch_of(const Request& request) {
  const std::string& text = request.arguments.at(0);
  const auto number = integer_of(text);
  if (!number || *number <= 0 || text.find_first_not_of("0123456789") != std::string::npos)
    throw Problem(400, "invalid_id", "\"" + text.substr(0, 60) + "\" is not the number of a batch; reeve batch list shows them");
  return store::BatchId{*number};
}

[[noreturn]] void refuse_missing_batch(store::BatchId id) {
  throw Problem(404, "batch_not_found", "there is no batch " + std::to_string(number(id)) + "; it was never there, or was let go with its last task");
}

boost::asio::awaitable<store::Batch> look_up_batch(Service& service, store::BatchId id) {
  auto read = [id](store::Reader& reader) { return reader.batch(id); };
  std::optional<store::Batch> batch = co_await service.backend.reader.read(std::move(read));
  if (!batch) refuse_missing_batch(id);
  co_return std::move(*batch);
}

std::string made_text(const store::EnqueueDone& done, const store::Batch& batch) {
  JsonWriter json;
  json.open_object();
  write_batch(json.key("batch"), batch);
  json.key("tasks").open_array();
  for (const store::Enqueued& enqueued : done.tasks) {
    json.open_object();
    write_enqueued(json, enqueued);
    json.close_object();
  }
  json.close_array().close_object();
  return std::move(json).text();
}

}  // namespace

Answer create_batch(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  check_format(request);
  co_await check_large_json(service, request.body, 0);
  const std::string actor = request.actor();
  BatchRequest wanted = parse_batch(service, request.body, actor);
  check_item_count(service, wanted.tasks.size());
  store::EnqueueRequest enqueue;
  enqueue.batch = std::move(wanted.batch);
  co_await admit_items(service, wanted.tasks, actor, enqueue);
  for (std::size_t item = 0; item < enqueue.tasks.size(); ++item) {
    if (!enqueue.tasks[item].batch) continue;
    Problem problem = not_acceptable("batch", "the tasks of a new batch belong to it; leave their batch out");
    problem.item = item;
    throw problem;
  }
  take_request_key(enqueue, request);
  const store::EnqueueDone done = co_await enqueue_admitted(service, enqueue);
  const store::Batch batch = co_await look_up_batch(service, done.batch.value());
  Reply reply = json_reply(made_text(done, batch), 201);
  if (done.replayed) reply.headers.emplace_back("Idempotent-Replayed", "true");
  co_return reply;
}

Answer list_batches(Service& service, Request request) {
  const Parameters parameters(request.query, {"state", "limit", "before"});
  store::BatchQuery query;
  query.limit = parameters.limit();
  if (const auto before = parameters.integer("before", 1, INT64_MAX)) query.before = store::BatchId{*before};
  if (parameters.text("state")) query.state = store::parse_batch_state(parameters.choice("state", {"open", "closed", "succeeded", "failed"}));
  auto read = [&query](store::Reader& reader) { return reader.batches(query); };
  const store::BatchPage page = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  json.open_object().key("batches").open_array();
  for (const store::Batch& batch : page.batches) write_batch(json, batch);
  json.close_array();
  if (page.more && !page.batches.empty()) json.member("next", std::to_string(number(page.batches.back().id)));
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer get_batch(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const store::Batch batch = co_await look_up_batch(service, batch_of(request));
  JsonWriter json;
  write_batch(json, batch);
  co_return json_reply(std::move(json).text());
}

Answer close_batch(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const store::BatchId id = batch_of(request);
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  service.backend.supervisor.work_is_coming();   // its callbacks, perhaps
  auto work = [&](store::Store& store) { return store.batches().close(id, actor, now); };
  const store::BatchClosed closed = co_await service.backend.store.run(work);
  if (closed == store::BatchClosed::not_found) refuse_missing_batch(id);
  const store::Batch batch = co_await look_up_batch(service, id);
  JsonWriter json;
  json.open_object().member("changed", closed == store::BatchClosed::closed);
  write_batch(json.key("batch"), batch);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer wait_for_batch(Service& service, Request request) {
  const Parameters parameters(request.query, {"timeout"});
  const store::Millis timeout = checked_wait("timeout", parameters.duration("timeout").value_or(batch_wait_default));
  const store::BatchId id = batch_of(request);
  const supervisor::Clock& clock = service.backend.clock;
  const supervisor::Moment deadline = clock.moment() + timeout;
  TaskWatch::Waiter waiter(service.watch, id);   // before the look, so that no end falls between
  store::Batch batch = co_await look_up_batch(service, id);
  while (!has_ended(batch.state) && !service.backend.feed.closed() && !request.gone()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.moment());
    if (left <= std::chrono::milliseconds::zero()) break;
    const bool ended = co_await waiter.wait(std::min(left, look_after_client));
    if (ended) batch = co_await look_up_batch(service, id);
  }
  if (!has_ended(batch.state)) batch = co_await look_up_batch(service, id);   // how far it is by now
  JsonWriter json;
  json.open_object().member("done", has_ended(batch.state));
  write_batch(json.key("batch"), batch);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
