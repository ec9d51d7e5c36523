#include <map>

#include "api/config_control.hpp"
#include "api/drain_forecast.hpp"
#include "api/json/records.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/routes/routes.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/log.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

// What an operator did to the daemon, in the event log before it is answered.
boost::asio::awaitable<void> record(Service& service, std::string type, std::string actor) {
  store::Event event;
  event.at = service.backend.clock.now();
  event.type = std::move(type);
  event.actor = std::move(actor);
  event.runner = service.backend.supervisor.overview().runner;
  auto work = [&event](store::Store& store) { return store.maintenance().append_event(event); };
  (void)co_await service.backend.store.run(work);
}

constexpr int samples_of_forecast = 500;

// Whether it is drained, who still runs, and when they will probably have ended.
Answer draining_reply(Service& service) {
  const supervisor::Overview overview = service.backend.supervisor.overview();
  const auto handlers = service.backend.supervisor.handlers();
  auto read = [&overview](store::Reader& reader) {
    std::map<std::string, store::KindTimings> timings;
    for (const supervisor::RunningAttempt& one : overview.running)
      if (!timings.contains(one.kind)) timings[one.kind] = reader.timings(one.kind, samples_of_forecast);
    return timings;
  };
  const std::map<std::string, store::KindTimings> timings = co_await service.backend.reader.read(std::move(read));
  const store::Timestamp now = service.backend.clock.now();
  JsonWriter json;
  json.open_object().member("draining", overview.paused_claims);
  write_forecast(json, forecast_drain(overview, *handlers, timings, now), overview.drain_timeout, now);
  json.close_object();
  co_return json_reply(std::move(json).text());
}

void write_sentences(JsonWriter& json, std::string_view key, const std::vector<std::string>& sentences) {
  json.key(key).open_array();
  for (const std::string& sentence : sentences) json.value(sentence);
  json.close_array();
}

}  // namespace

Answer drain(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  service.backend.supervisor.drain();
  co_await record(service, "runner.draining", request.actor());
  Reply reply = co_await draining_reply(service);
  co_return reply;
}

Answer get_drain(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  Reply reply = co_await draining_reply(service);
  co_return reply;
}

Answer resume(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  service.backend.supervisor.resume();
  co_await record(service, "runner.resumed", request.actor());
  Reply reply = co_await draining_reply(service);
  co_return reply;
}

Answer reload(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  if (!service.backend.reload) throw Problem(409, "no_configuration", "this daemon was started without a configuration file; there is nothing to reload");
  const ReloadAnswer answer = service.backend.reload(request.actor());
  JsonWriter json;
  json.open_object();
  if (!answer.errors.empty()) {
    json.member("type", "about:blank").member("title", title_of(422)).member("status", 422).member("code", "invalid_configuration");
    json.member("detail", answer.errors.front() + "; the old configuration stays in force");
    write_sentences(json, "errors", answer.errors);
  }
  write_sentences(json, "warnings", answer.warnings);
  json.close_object();
  const bool done = answer.errors.empty();
  Reply reply = json_reply(std::move(json).text(), done ? 200 : 422);
  if (!done) reply.content_type = "application/problem+json";
  co_return reply;
}

Answer shut_down(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  service.backend.log.info("api.shutdown_requested", {{"actor", request.actor()}, {"pid", std::int64_t{request.peer.pid}}});
  if (service.backend.shut_down) service.backend.shut_down();
  co_return json_reply(R"({"stopping":true})", 202);
}

namespace {

struct Check {
  std::string name{};
  bool ok = false;
  std::string detail{};
};

std::vector<Check> checks_of(const supervisor::Overview& overview, const store::StoreFacts& facts, const supervisor::DoorStatus& door) {
  std::vector<Check> checks;
  checks.push_back({"healthy", overview.trouble.empty(), overview.trouble});
  checks.push_back({"claims tasks", overview.phase == supervisor::Phase::running && !overview.paused_claims,
                    overview.paused_claims ? "drained; `reeve resume` claims again" : "phase " + std::string(name(overview.phase))});
  checks.push_back({"commits are durable", facts.durability == "full", "durability is " + facts.durability});
  for (const std::string& warning : facts.warnings) checks.push_back({"store", false, warning});
  for (const supervisor::OutboxStatus& outbox : door.outboxes)
    checks.push_back({"outbox", outbox.trouble.empty(), outbox.trouble.empty() ? outbox.path : outbox.trouble});
  return checks;
}

void check_config(const Service& service, std::vector<Check>& checks) {
  if (!service.backend.config || service.backend.config->file().empty()) return;
  const bool same = service.backend.config->hash_of_file() == service.backend.config->hash_in_force();
  checks.push_back({"the file is in force", same, same ? "" : "a restart goes back to " + service.backend.config->file() + "; `reeve plan` shows how it differs from what is in force"});
}

// Worth knowing, and no fault.
std::vector<std::string> notes_of(const store::StoreFacts& facts, const handlers::Handlers& handlers) {
  std::vector<std::string> notes = facts.notes;
  for (const handlers::Handler& handler : handlers.all())
    if (!handler.timeout && handler.kind != handlers::command_kind)
      notes.push_back("an attempt of " + handler.kind + " may run for ever; set handlers." + handler.kind + ".timeout");
  return notes;
}

}  // namespace

Answer get_doctor(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  auto read = [](store::Reader& reader) { return reader.facts(); };
  const store::StoreFacts facts = co_await service.backend.reader.read(std::move(read));
  const auto handlers = service.backend.supervisor.handlers();
  JsonWriter json;
  json.open_object().key("features").open_array();
  for (const executors::Feature& feature : service.backend.features)
    json.open_object().member("name", feature.name).member("available", feature.available).member("detail", feature.detail).close_object();
  json.close_array();
  write_facts(json.key("store"), facts);
  json.key("checks").open_array();
  const supervisor::DoorStatus door = service.backend.door ? service.backend.door() : supervisor::DoorStatus{};
  std::vector<Check> checks = checks_of(service.backend.supervisor.overview(), facts, door);
  check_config(service, checks);
  for (const Check& check : checks)
    json.open_object().member("name", check.name).member("ok", check.ok).text_member("detail", check.detail).close_object();
  json.close_array();
  json.words("notes", notes_of(facts, *handlers)).close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
