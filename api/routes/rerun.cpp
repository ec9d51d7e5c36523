// New tasks from ones that have ended.
#include "api/admission.hpp"
#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "handlers/handler.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

using store::RerunAnswer;
using store::RerunRequest;
using store::RerunResult;
using store::TaskId;

boost::asio::awaitable<std::vector<RerunAnswer>> rerun_all(Service& service, std::vector<RerunRequest> requests) {
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) {
    std::vector<RerunAnswer> answers;
    for (const RerunRequest& request : requests) answers.push_back(store.tasks().rerun(request, now));
    return answers;
  };
  std::vector<RerunAnswer> answers = co_await service.backend.store.run(work);
  for (const RerunAnswer& answer : answers)
    for (const store::ClaimKey& claim : answer.task.stop) service.backend.supervisor.cancel(claim);
  service.backend.supervisor.work_arrived();
  co_return answers;
}

// A daemon that runs no ad-hoc commands takes none in this way either.
boost::asio::awaitable<void> refuse_commands(Service& service, std::vector<TaskId> ids) {
  if (service.backend.ad_hoc_commands) co_return;
  auto find = [&ids](store::Reader& reader) {
    std::optional<TaskId> found;
    for (const TaskId id : ids) {
      const auto task = reader.get(id);
      if (task && task->kind == handlers::command_kind) found = id;
    }
    return found;
  };
  const std::optional<TaskId> command = co_await service.backend.reader.read(std::move(find));
  if (!command) co_return;
  Problem problem(403, "commands_disabled", "task " + std::to_string(number(*command)) +
                                                " runs an ad-hoc command, and this daemon runs none; leave it out, or set supervisor.ad_hoc_commands: true");
  problem.task = number(*command);
  throw problem;
}

// One for each task, with the request's own idempotency key.
std::vector<RerunRequest> requests_for(const Request& request, const std::vector<TaskId>& ids) {
  store::EnqueueRequest keyed;
  take_request_key(keyed, request);
  std::vector<RerunRequest> requests;
  for (const TaskId id : ids) {
    RerunRequest& one = requests.emplace_back();
    one.task = id;
    one.actor = request.actor();
    one.request_key = keyed.request_key;
    one.fingerprint = keyed.fingerprint;
  }
  return requests;
}

void refuse_rerun(const RerunAnswer& answer, TaskId id, const std::string& key) {
  const std::string task = "task " + std::to_string(number(id));
  switch (answer.result) {
    case RerunResult::rerun:
    case RerunResult::coalesced: return;
    case RerunResult::not_found: refuse_missing(id);
    case RerunResult::not_terminal:
      throw Problem(409, "not_terminal", task + " has not ended; wait for its end or cancel it first, then rerun it");
    case RerunResult::request_key_reused:
      throw Problem(409, "idempotency_key_reused", "the Idempotency-Key \"" + key + "\" was used for another request; use a new key for a new request");
    case RerunResult::key_busy: break;
  }
  Problem busy(409, "key_busy",
               "the concurrency key of " + task + " is taken by task " + std::to_string(number(answer.holder)) + "; wait for its end or cancel it, then rerun");
  busy.task = number(answer.holder);
  throw busy;
}

void write_rerun(JsonWriter& json, TaskId id, const RerunAnswer& answer) {
  json.open_object().member("id", number(id)).member("result", word(answer.result));
  if (answer.result == RerunResult::key_busy) json.member("holder", number(answer.holder));
  if (answer.result == RerunResult::rerun || answer.result == RerunResult::coalesced) {
    json.member("task", number(answer.task.id));
    write_superseded(json, answer.task);
  }
  json.close_object();
}

}  // namespace

Answer rerun_task(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  std::optional<std::string> payload = payload_of(request);
  const TaskId id = co_await resolve(service, request.arguments.at(0));
  if (payload) {
    const Seen seen = co_await look_up(service, id);
    check_payload(service, seen.task.kind, *payload);
  }
  const std::vector<TaskId> ids{id};
  co_await refuse_commands(service, ids);
  std::vector<RerunRequest> requests = requests_for(request, ids);
  requests.at(0).payload = std::move(payload);
  const auto answers = co_await rerun_all(service, std::move(requests));
  const RerunAnswer& answer = answers.at(0);
  refuse_rerun(answer, id, request.idempotency_key);
  JsonWriter json;
  write_rerun(json, id, answer);
  Reply reply = json_reply(std::move(json).text(), answer.result == RerunResult::rerun ? 201 : 200);
  if (answer.replayed) reply.headers.emplace_back("Idempotent-Replayed", "true");
  co_return reply;
}

Answer rerun_tasks(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const IdsBody body = ids_of(request, Reason::refused);
  co_await refuse_commands(service, body.ids);
  std::vector<RerunRequest> requests = requests_for(request, body.ids);
  // Each task has an answer of its own to be given again; no key of a client holds a unit separator.
  for (RerunRequest& one : requests)
    if (one.request_key) *one.request_key += '\x1f' + std::to_string(number(one.task));
  const auto answers = co_await rerun_all(service, std::move(requests));
  JsonWriter json;
  json.open_object().key("results").open_array();
  for (std::size_t i = 0; i < body.ids.size(); ++i) write_rerun(json, body.ids[i], answers.at(i));
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
