// Workers elsewhere take tasks of remote kinds here; what they say afterwards goes to POST /v1/attempt.
#include "api/json/fields.hpp"
#include "api/json/writer.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "api/waiting.hpp"
#include "executors/remote/exchange.hpp"
#include "supervisor/event_feed.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

namespace remote = executors::remote;

constexpr store::Millis claim_wait_default{20'000};
constexpr std::size_t kinds_max = 100;
constexpr std::size_t worker_max = 256;

struct Claim {
  remote::Offer offer{};
  store::Millis wait = claim_wait_default;
};

// A worker that offers itself for a kind that is not remote would wait for ever.
void check_kind(const handlers::Handlers& handlers, const std::string& kind) {
  const handlers::Handler* handler = handlers.find(kind);
  if (handler == nullptr) {
    const std::string near = handlers.suggestion(kind);
    throw not_acceptable("kinds", "no handler has the kind \"" + kind + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"));
  }
  if (handler->executor != "remote")
    throw not_acceptable("kinds", "the kind \"" + kind + "\" is run here by the executor " + handler->executor + "; declare it with executor: remote");
}

Claim claim_of(const Request& request, const handlers::Handlers& handlers) {
  check_body(request);
  Claim claim;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (member.key == "kinds") {
      for (const std::string_view kind : field.items()) claim.offer.kinds.push_back(Field{"kinds", kind}.as_string());
    } else if (member.key == "worker") {
      claim.offer.worker = field.as_string().substr(0, worker_max);
    } else if (member.key == "lease") {
      claim.offer.lease = field.as_duration();
    } else if (member.key == "wait") {
      claim.wait = checked_wait("wait", field.as_duration());
    } else {
      fields.refuse_unknown(member, {"kinds", "worker", "lease", "wait"});
    }
  }
  if (claim.offer.kinds.empty()) throw not_acceptable("kinds", "kinds is missing or empty; write {\"kinds\":[\"render\"],\"wait\":\"20s\"}");
  if (claim.offer.kinds.size() > kinds_max) throw not_acceptable("kinds", "more than 100 kinds; claim for fewer");
  for (const std::string& kind : claim.offer.kinds) check_kind(handlers, kind);
  return claim;
}

void write_claim(JsonWriter& json, const remote::Assignment& assignment) {
  const executors::Execution& execution = assignment.execution;
  json.open_object().member("task", execution.task).member("epoch", execution.epoch).member("token", execution.token);
  json.member("lease_ms", std::int64_t{assignment.lease.count()}).member("kind", execution.kind).member("queue", execution.queue);
  json.member("attempt", execution.attempt).member("max_attempts", execution.max_attempts).key("labels").open_object();
  for (const auto& [key, value] : execution.labels) json.member(key, value);
  json.close_object();
  if (!execution.resources.empty()) {
    json.key("resources").open_object();
    for (const auto& [name, units] : execution.resources) json.words(name, units);
    json.close_object();
  }
  if (execution.batch != 0) json.member("batch", execution.batch);
  json.raw_member("metadata", execution.metadata).text_member("traceparent", execution.traceparent);
  json.raw_member("payload", execution.payload).close_object();
}

// Whoever waited went away in the moment the task came: nobody will ever say a word about it, and the next in line should have it at once.
void give_back(Service& service, const remote::Assignment& assignment) {
  (void)service.backend.supervisor.hear(assignment.execution.token, R"({"type":"release"})", [](const std::string&) {});
}

}  // namespace

Answer claim_remote(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  Claim claim = claim_of(request, *service.backend.supervisor.handlers());
  const auto gone = [&] { return request.gone() || service.backend.feed.closed(); };
  const auto assignment = co_await service.backend.exchange.claim(std::move(claim.offer), claim.wait, gone);
  if (assignment && request.gone()) give_back(service, *assignment);
  JsonWriter json;
  json.open_object().key("claim");
  if (assignment) write_claim(json, *assignment);
  else json.raw("null");
  json.close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
