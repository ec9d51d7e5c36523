// The parts of a task that outlive its attempts: steps and waits, signals, timers.
#include "api/json/fields.hpp"
#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr std::size_t type_max = 256;
constexpr std::size_t payload_max = 1 << 20;

constexpr int parts_default = 200;

struct Parts {
  store::StepPage steps{};
  std::vector<store::StepTry> tries{};
  std::vector<store::Timer> timers{};
};

struct SignalBody {
  std::string type{};
  std::string payload = "null";
};

SignalBody signal_of(const Request& request) {
  check_body(request);
  SignalBody body;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    if (member.key == "type") body.type = fields.field(member).as_string();
    else if (member.key == "payload") body.payload = std::string(member.value);
    else fields.refuse_unknown(member, {"type", "payload"});
  }
  if (body.type.empty()) throw not_acceptable("type", "type is missing; name the signal, as in {\"type\":\"approved\",\"payload\":{}}");
  if (body.type.size() > type_max) throw not_acceptable("type", "type has " + std::to_string(body.type.size()) + " bytes; use at most 256");
  if (body.payload.size() > payload_max)
    throw Problem(413, "payload_too_large", "the payload has " + std::to_string(body.payload.size()) + " bytes; at most 1048576 are kept", "payload");
  return body;
}

}  // namespace

Answer get_steps(Service& service, Request request) {
  const Parameters parameters(request.query, {"after", "recent", "limit"});
  store::StepQuery query;
  if (const auto after = parameters.cursor("after")) query.after = number(*after);
  if (const auto recent = parameters.integer("recent", 1, page_max)) query.last = static_cast<int>(*recent);
  query.limit = parameters.limit(parts_default);
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  query.task = id;
  (void)co_await look_up(service, id);
  auto read = [&query](store::Reader& reader) { return Parts{reader.steps(query), reader.step_tries(query.task), reader.timers(query.task)}; };
  const Parts parts = co_await service.backend.reader.read(read);
  JsonWriter json;
  json.open_object().key("steps").open_array();
  for (const store::Step& step : parts.steps.steps) write_step(json, step);
  json.close_array().key("tries").open_array();
  for (const store::StepTry& each : parts.tries) write_step_try(json, each);
  json.close_array().key("timers").open_array();
  for (const store::Timer& timer : parts.timers) write_timer(json, timer);
  json.close_array();
  if (parts.steps.more) json.member("next", std::to_string(parts.steps.next));
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer get_signals(Service& service, Request request) {
  const Parameters parameters(request.query, {"unconsumed", "after", "limit"});
  store::SignalQuery query;
  query.unconsumed_only = parameters.flag("unconsumed").value_or(false);
  if (const auto after = parameters.cursor("after")) query.after = number(*after);
  query.limit = parameters.limit(parts_default);
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  query.task = id;
  (void)co_await look_up(service, id);
  auto read = [&query](store::Reader& reader) { return reader.signals(query); };
  const store::SignalPage page = co_await service.backend.reader.read(read);
  JsonWriter json;
  json.open_object().key("signals").open_array();
  for (const store::Signal& signal : page.signals) write_signal(json, signal);
  json.close_array();
  if (page.more) json.member("next", std::to_string(page.signals.back().id));
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer send_signal(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const SignalBody body = signal_of(request);
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) { return store.steps().send_signal(id, body.type, body.payload, actor, now); };
  const store::SignalSent sent = co_await service.backend.store.run(work);
  switch (sent.result) {
    case store::SignalSent::Result::sent: break;
    case store::SignalSent::Result::not_found: refuse_missing(id);
    case store::SignalSent::Result::terminal:
      throw Problem(409, "task_is_terminal", "task " + std::to_string(number(id)) + " has ended; a signal would never be read");
    case store::SignalSent::Result::too_many:
      throw Problem(429, "too_many_signals",
                    "task " + std::to_string(number(id)) + " has " + std::to_string(store::Steps::signals_max) + " signals that nobody has read; send no more");
  }
  service.backend.supervisor.work_arrived();
  JsonWriter json;
  json.open_object().member("id", number(id)).member("signal", sent.id).member("resumed", sent.resumed).close_object();
  co_return json_reply(std::move(json).text(), 201);
}

}  // namespace reeve::api::routes
