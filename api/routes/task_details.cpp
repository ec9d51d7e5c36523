#include <map>
#include <set>

#include "api/estimate.hpp"
#include "api/json/records.hpp"
#include "api/query.hpp"
#include "api/routes/routes.hpp"
#include "api/why.hpp"
#include "store/life.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr int lines_default = 1'000;
constexpr int samples_of_estimate = 200;
constexpr std::int64_t ahead_max = 10'000;      // how far `why` counts those before a task

// Refuses a task that is not there, before a list that belongs to it is taken for empty.
template <class Read>
auto of_task(store::TaskId id, Read read) {
  return [id, read](store::Reader& reader) -> std::optional<decltype(read(reader))> {
    if (!reader.get(id)) return std::nullopt;
    return read(reader);
  };
}

}  // namespace

Answer get_attempts(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  auto read = of_task(id, [id](store::Reader& reader) { return reader.attempts(id); });
  const auto attempts = co_await service.backend.reader.read(std::move(read));
  if (!attempts) refuse_missing(id);
  JsonWriter json;
  json.open_object().key("attempts").open_array();
  for (const store::Attempt& attempt : *attempts) write_attempt(json, attempt);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

Answer get_log(Service& service, Request request) {
  const Parameters parameters(request.query, {"after", "last", "epoch", "limit"});
  store::LogQuery query;
  if (const auto after = parameters.cursor("after")) query.after = number(*after);
  query.epoch = parameters.integer("epoch", 1, INT64_MAX);
  if (const auto last = parameters.integer("last", 1, page_max)) query.last = static_cast<int>(*last);
  query.limit = parameters.limit(lines_default);
  query.task = co_await resolve(service, request.arguments.at(0));
  auto read = of_task(query.task, [query](store::Reader& reader) { return reader.log(query); });
  const auto page = co_await service.backend.reader.read(std::move(read));
  if (!page) refuse_missing(query.task);
  JsonWriter json;
  json.open_object().key("lines").open_array();
  for (const store::LogLine& line : page->lines) write_log_line(json, line);
  json.close_array();
  if (page->more && !page->lines.empty()) json.member("next", std::to_string(page->lines.back().seq));
  json.close_object();
  co_return json_reply(std::move(json).text());
}

Answer get_dependencies(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  auto read = of_task(id, [id](store::Reader& reader) { return reader.dependencies(id); });
  const auto dependencies = co_await service.backend.reader.read(std::move(read));
  if (!dependencies) refuse_missing(id);
  JsonWriter json;
  write_dependencies(json, *dependencies);
  co_return json_reply(std::move(json).text());
}

Answer get_task_events(Service& service, Request request) {
  const Parameters parameters(request.query, {"after", "limit"});
  store::EventQuery query;
  query.after = parameters.cursor("after").value_or(store::Cursor{});
  query.limit = parameters.limit();
  query.task = co_await resolve(service, request.arguments.at(0));
  auto read = [&query](store::Reader& reader) { return reader.events(query); };
  const store::EventPage page = co_await service.backend.reader.read(std::move(read));
  const bool nothing_at_all = page.events.empty() && number(query.after) == 0;
  if (nothing_at_all) (void)co_await look_up(service, *query.task);
  JsonWriter json;
  json.open_object().key("events").open_array();
  for (const store::Event& event : page.events) write_event(json, event);
  json.close_array();
  if (page.more) json.member("next", std::to_string(number(page.last)));
  json.close_object();
  co_return json_reply(std::move(json).text());
}

namespace {

struct Standing {
  std::optional<Seen> seen{};
  store::Paused pauses{};
  std::vector<store::RateRow> rates{};
  std::optional<store::Position> position{};
  std::vector<store::Step> steps{};              // of a suspended task
  store::KeyHolds keys{};                        // of a queued one
  store::Dependencies dependencies{};            // the same
  std::map<std::string, store::KindTimings> timings{};   // of all kinds that an estimate may ask for
};

// Of what runs, of what goes before it, and of its own kind; under the names that handlers have now.
void read_timings(store::Reader& reader, const supervisor::Overview& overview, const handlers::Handlers& handlers, Standing& standing) {
  std::set<std::string> kinds;
  const auto add = [&](const std::string& stored) {
    const handlers::Handler* handler = handlers.find(stored);
    kinds.insert(handler ? handler->kind : stored);
  };
  add(standing.seen->task.kind);
  for (const supervisor::RunningAttempt& one : overview.running) add(one.kind);
  if (standing.position)
    for (const auto& [kind, count] : standing.position->kinds) add(kind);
  for (const std::string& kind : kinds) standing.timings[kind] = reader.timings(kind, samples_of_estimate);
}

Standing read_standing(store::Reader& reader, store::TaskId id, const supervisor::Overview& overview, const handlers::Handlers& handlers, store::Timestamp now) {
  Standing standing;
  standing.seen = see(reader, id);
  if (standing.seen && standing.seen->task.status == store::Status::waiting) standing.steps = reader.pending_waits(id);
  if (!standing.seen || standing.seen->task.status != store::Status::queued) return standing;
  standing.pauses = reader.pauses();
  standing.rates = reader.rates();
  const handlers::Handler* handler = handlers.find(standing.seen->task.kind);
  if (const auto token = concurrency_token(standing.seen->task.kind, standing.seen->task.concurrency); token && handler)
    if (const auto row = reader.key_rate(handler->kind, *token)) standing.rates.push_back(*row);
  standing.position = reader.position(id, now, ahead_max);
  standing.keys = reader.key_holds(id, now, ahead_max);
  standing.dependencies = reader.dependencies(id);
  read_timings(reader, overview, handlers, standing);
  return standing;
}

}  // namespace

Answer explain_task(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const store::TaskId id = co_await resolve(service, request.arguments.at(0));
  const store::Timestamp now = service.backend.clock.now();
  const auto handlers = service.backend.supervisor.handlers();
  const supervisor::Overview overview = service.backend.supervisor.overview();
  auto read = [id, now, &overview, &handlers](store::Reader& reader) { return read_standing(reader, id, overview, *handlers, now); };
  const Standing standing = co_await service.backend.reader.read(std::move(read));
  if (!standing.seen) refuse_missing(id);
  const store::Task& task = standing.seen->task;
  const store::State state = state_of(task, now, standing.seen->paused);
  const Known known{task, standing.pauses, overview, *handlers, standing.position, standing.keys, standing.steps, standing.rates, standing.timings, standing.dependencies, now};

  JsonWriter json;
  json.open_object().member("id", number(id)).member("state", name(state)).key("reasons").open_array();
  for (const Why& reason : why(known, state)) {
    json.open_object().member("code", reason.code).member("message", reason.message).text_member("fix", reason.fix).close_object();
  }
  json.close_array();
  if (standing.position) {
    json.key("position").open_object().member("ahead", standing.position->ahead);
    json.member("at_least", standing.position->at_least).close_object();
  }
  const std::optional<Estimate> estimate = estimate_start(known);
  if (estimate) json.member("estimated_start", estimate->start).member("estimate", estimate->how);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
