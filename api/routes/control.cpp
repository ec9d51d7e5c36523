#include "api/admission.hpp"
#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

using store::TaskId;

boost::asio::awaitable<std::vector<store::CancelAnswer>> cancel_all(Service& service, std::vector<TaskId> ids, std::string reason,
                                                                    std::string actor) {
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) {
    std::vector<store::CancelAnswer> answers;
    for (const TaskId id : ids) answers.push_back(store.tasks().cancel(id, reason, actor, now));
    return answers;
  };
  std::vector<store::CancelAnswer> answers = co_await service.backend.store.run(work);
  for (const store::CancelAnswer& answer : answers)
    if (answer.running) service.backend.supervisor.cancel(*answer.running);
  service.backend.supervisor.work_arrived();
  co_return answers;
}

boost::asio::awaitable<std::vector<store::RetryResult>> retry_all(Service& service, std::vector<TaskId> ids, std::optional<std::string> payload,
                                                                  std::string actor) {
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) {
    std::vector<store::RetryResult> results;
    for (const TaskId id : ids) results.push_back(store.tasks().retry(id, actor, now, payload));
    return results;
  };
  std::vector<store::RetryResult> results = co_await service.backend.store.run(work);
  service.backend.supervisor.work_arrived();
  co_return results;
}

boost::asio::awaitable<std::vector<store::RemoveResult>> remove_all(Service& service, std::vector<TaskId> ids, std::string actor) {
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) {
    std::vector<store::RemoveResult> results;
    for (const TaskId id : ids) results.push_back(store.tasks().remove(id, actor, now));
    return results;
  };
  std::vector<store::RemoveResult> results = co_await service.backend.store.run(work);
  service.backend.supervisor.work_arrived();   // somebody may have waited for one of them
  co_return results;
}

Reply one_result(TaskId id, std::string_view result) {
  JsonWriter json;
  json.open_object().member("id", number(id)).member("result", result).close_object();
  return json_reply(std::move(json).text());
}

std::string_view result_of(const store::CancelAnswer& answer) { return word(answer.result); }
std::string_view result_of(store::RetryResult result) { return word(result); }
std::string_view result_of(store::RemoveResult result) { return word(result); }

template <class Result>
Reply many_results(const std::vector<TaskId>& ids, const std::vector<Result>& results) {
  JsonWriter json;
  json.open_object().key("results").open_array();
  for (std::size_t i = 0; i < ids.size(); ++i)
    json.open_object().member("id", number(ids[i])).member("result", result_of(results.at(i))).close_object();
  json.close_array().close_object();
  return json_reply(std::move(json).text());
}

}  // namespace

Answer cancel_task(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string reason = reason_of(request);
  const TaskId id = co_await resolve(service, request.arguments.at(0));
  const std::vector<TaskId> ids{id};
  const auto answers = co_await cancel_all(service, ids, reason, request.actor());
  const store::CancelAnswer& answer = answers.at(0);
  if (answer.result == store::CancelResult::not_found) refuse_missing(id);
  JsonWriter json;
  json.open_object().member("id", number(id)).member("result", word(answer.result)).member("status", name(answer.status)).close_object();
  co_return json_reply(std::move(json).text());
}

Answer cancel_tasks(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const IdsBody body = ids_of(request, Reason::allowed);
  const auto answers = co_await cancel_all(service, body.ids, body.reason, request.actor());
  co_return many_results(body.ids, answers);
}

Answer retry_task(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::optional<std::string> payload = payload_of(request);
  const TaskId id = co_await resolve(service, request.arguments.at(0));
  if (payload) {
    const Seen seen = co_await look_up(service, id);
    check_payload(service, seen.task.kind, *payload);
  }
  const std::vector<TaskId> ids{id};
  const auto results = co_await retry_all(service, ids, payload, request.actor());
  const std::string task = "task " + std::to_string(number(id));
  switch (results.at(0)) {
    case store::RetryResult::requeued: break;
    case store::RetryResult::not_found: refuse_missing(id);
    case store::RetryResult::not_terminal:
      throw Problem(409, "not_terminal", task + " has not ended; cancel it first, or let it end");
    case store::RetryResult::succeeded_already:
      throw Problem(409, "succeeded_already", task + " has succeeded; rerun it, which makes a new task of it");
  }
  co_return one_result(id, word(results.at(0)));
}

Answer retry_tasks(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const IdsBody body = ids_of(request, Reason::refused);
  const auto results = co_await retry_all(service, body.ids, std::nullopt, request.actor());
  co_return many_results(body.ids, results);
}

Answer remove_task(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const TaskId id = co_await resolve(service, request.arguments.at(0));
  const std::vector<TaskId> ids{id};
  const auto results = co_await remove_all(service, ids, request.actor());
  if (results.at(0) == store::RemoveResult::not_found) refuse_missing(id);
  if (results.at(0) == store::RemoveResult::not_terminal)
    throw Problem(409, "not_terminal", "task " + std::to_string(number(id)) + " has not ended; cancel it first, then delete it");
  co_return one_result(id, word(results.at(0)));
}

Answer remove_tasks(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const IdsBody body = ids_of(request, Reason::refused);
  const auto results = co_await remove_all(service, body.ids, request.actor());
  co_return many_results(body.ids, results);
}

}  // namespace reeve::api::routes
