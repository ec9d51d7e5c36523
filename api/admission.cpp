#include "api/admission.hpp"

#include "api/problem.hpp"
#include "api/task_request.hpp"
#include "handlers/admit.hpp"
#include "store/refusal.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api {

namespace {

constexpr std::size_t key_max = 255;

int status_of(const std::string& code) {
  if (code == "payload_too_large") return 413;
  if (code == "invalid_json") return 400;
  return 422;
}

// FNV-1a: tells two bodies apart that carry one key by mistake; it guards against nothing else.
std::string fingerprint_of(const Request& request) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto take = [&hash](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  };
  take(request.path);
  take("\n");
  take(request.body);
  return std::to_string(hash) + "-" + std::to_string(request.body.size());
}

// What stands in the way of it, rather than what is wrong with it.
bool is_conflict(store::EnqueueRefused::Reason reason) {
  using Reason = store::EnqueueRefused::Reason;
  return reason == Reason::key_busy || reason == Reason::external_id_taken || reason == Reason::batch_closed;
}

[[noreturn]] void refuse(const store::EnqueueRefused& refused, const store::EnqueueRequest& enqueue) {
  if (refused.reason == store::EnqueueRefused::Reason::request_key_reused)
    throw Problem(409, "idempotency_key_reused",
                  "the Idempotency-Key \"" + enqueue.request_key.value_or("") + "\" was used for another request; use a new key for a new request");
  store::RefusalWords words = words_of(refused, enqueue.tasks.at(refused.item));
  Problem problem(is_conflict(refused.reason) ? 409 : 422, std::move(words.code), std::move(words.message), std::move(words.field));
  if (number(refused.holder) != 0) problem.task = number(refused.holder);
  if (enqueue.tasks.size() > 1) problem.item = refused.item;
  throw problem;
}

}  // namespace

store::NewTask admit_task(Service& service, std::string_view object, const std::string& actor) {
  handlers::Wish wish = parse_wish(object);
  if (wish.kind == handlers::command_kind && !service.backend.ad_hoc_commands)
    throw Problem(403, "commands_disabled", "this daemon runs no ad-hoc commands; declare a handler, or set supervisor.ad_hoc_commands: true", "kind");
  wish.created_by = actor;
  auto admitted = handlers::admit(*service.backend.supervisor.handlers(), std::move(wish), service.backend.clock.now());
  if (auto* refusal = std::get_if<handlers::Refusal>(&admitted))
    throw Problem(status_of(refusal->code), refusal->code, refusal->message, refusal->field);
  return std::move(std::get<store::NewTask>(admitted));
}

void check_payload(Service& service, std::string_view kind, const std::string& payload) {
  const auto refusal = handlers::refuse_payload(*service.backend.supervisor.handlers(), kind, payload);
  if (refusal) throw Problem(status_of(refusal->code), refusal->code, refusal->message, refusal->field);
}

void take_request_key(store::EnqueueRequest& enqueue, const Request& request) {
  const std::string& key = request.idempotency_key;
  if (key.empty()) return;
  if (key.size() > key_max)
    throw Problem(400, "invalid_idempotency_key", "the Idempotency-Key has " + std::to_string(key.size()) + " bytes; use at most " + std::to_string(key_max));
  enqueue.request_key = key;
  enqueue.fingerprint = fingerprint_of(request);
}

void write_enqueued(JsonWriter& json, const store::Enqueued& enqueued) {
  json.member("id", number(enqueued.id)).member("disposition", name(enqueued.disposition));
  json.member("payload_mismatch", enqueued.payload_differs);
  write_superseded(json, enqueued);
}

void write_superseded(JsonWriter& json, const store::Enqueued& enqueued) {
  if (enqueued.superseded.empty()) return;
  json.key("superseded").open_array();
  for (const store::TaskId id : enqueued.superseded) json.raw(std::to_string(number(id)));
  json.close_array();
}

boost::asio::awaitable<store::EnqueueDone> enqueue_admitted(Service& service, const store::EnqueueRequest& enqueue) {
  auto work = [&enqueue, now = service.backend.clock.now()](store::Store& store) { return store.tasks().enqueue(enqueue, now); };
  service.backend.supervisor.work_is_coming();
  store::EnqueueAnswer answer = co_await service.backend.store.run(std::move(work));
  if (const auto* refused = std::get_if<store::EnqueueRefused>(&answer)) refuse(*refused, enqueue);
  auto& done = std::get<store::EnqueueDone>(answer);
  for (const store::Enqueued& enqueued : done.tasks)
    for (const store::ClaimKey& claim : enqueued.stop) service.backend.supervisor.cancel(claim);
  co_return std::move(done);
}

}  // namespace reeve::api
