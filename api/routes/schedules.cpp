#include <algorithm>

#include "api/admission.hpp"
#include "api/json/writer.hpp"
#include "api/problem.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/routes.hpp"
#include "api/schedule_request.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/schedule_keeper.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

using supervisor::KeptSchedule;

constexpr int most_fires = 1'000;

std::string checked_name(const Request& request) {
  const std::string& name = request.arguments.at(0);
  if (!handlers::is_name(name))
    throw Problem(400, "invalid_name", "\"" + name.substr(0, 60) + "\" is not the name of a schedule; names are [A-Za-z0-9_.:-]{1,128}", "name");
  return name;
}

[[noreturn]] void refuse_unknown_schedule(const std::string& name) {
  throw Problem(404, "schedule_not_found", "there is no schedule \"" + name + "\"; reeve schedule list shows them");
}

const KeptSchedule& look_up_schedule(Service& service, const std::string& name) {
  const KeptSchedule* kept = service.backend.supervisor.schedules().book().find(name);
  if (kept == nullptr) refuse_unknown_schedule(name);
  return *kept;
}

[[noreturn]] void refuse_declared(const std::string& name) {
  throw Problem(409, "schedule_declared", "\"" + name + "\" is declared in the configuration, which alone may change it; edit the file and reload");
}

void write_fires(JsonWriter& json, const KeptSchedule& kept, store::Timestamp now, int count) {
  json.key("next").open_array();
  auto tick = kept.schedule->timing.next(std::max(kept.last_tick, now));
  for (int fires = 0; tick && fires < count; ++fires) {
    json.value(*tick);
    tick = kept.schedule->timing.next(*tick);
  }
  json.close_array();
}

void write_schedule(JsonWriter& json, const KeptSchedule& kept, const store::ScheduleRow* row, store::Timestamp now, int count) {
  const handlers::Schedule& schedule = *kept.schedule;
  json.open_object().member("name", schedule.name).member("origin", store::name(kept.origin)).text_member("declared_at", schedule.declared_at);
  json.member("cron", schedule.timing.text()).member("zone", schedule.timing.zone().name());
  json.key("task").open_object().member("kind", schedule.wish.kind).member("queue", schedule.wish.queue).member("priority", schedule.wish.priority);
  json.raw_member("payload", schedule.wish.payload).close_object();
  json.member("overlap", handlers::name(schedule.overlap)).member("catch_up", handlers::name(schedule.catch_up));
  json.member("catch_up_max", schedule.catch_up_most).member("jitter", store::to_text(schedule.jitter)).member("paused", kept.paused);
  if (row != nullptr) {
    if (row->pause) {
      json.key("pause").open_object().member("since", row->pause->since).text_member("reason", row->pause->reason);
      json.text_member("actor", row->pause->actor).close_object();
    }
    json.member("fired", row->fired).member("passed_over", row->passed_over).member("created_at", row->created_at);
    if (row->last_task) json.member("last_tick", row->last_tick).member("last_task", number(*row->last_task));
  }
  json.text_member("trouble", kept.trouble);
  if (!kept.paused) write_fires(json, kept, now, count);
  json.close_object();
}

boost::asio::awaitable<std::vector<store::ScheduleRow>> stored_schedules(Service& service) {
  auto read = [](store::Reader& reader) { return reader.schedules(); };
  co_return co_await service.backend.reader.read(std::move(read));
}

const store::ScheduleRow* row_of(const std::vector<store::ScheduleRow>& rows, std::string_view name) {
  for (const store::ScheduleRow& row : rows)
    if (row.name == name) return &row;
  return nullptr;
}

Reply changed_reply(const std::string& name, std::string_view what, bool changed) {
  JsonWriter json;
  json.open_object().member("schedule", name).member(what, true).member("changed", changed).close_object();
  return json_reply(std::move(json).text());
}

}  // namespace

Answer list_schedules(Service& service, Request request) {
  const Parameters parameters(request.query, {"next"});
  const int count = parameters.integer("next", 0, most_fires).value_or(3);
  const std::vector<store::ScheduleRow> rows = co_await stored_schedules(service);
  JsonWriter json;
  json.open_object().key("schedules").open_array();
  for (const auto& [name, kept] : service.backend.supervisor.schedules().book().all())
    write_schedule(json, kept, row_of(rows, name), service.backend.clock.now(), count);
  json.close_array().close_object();
  co_return json_reply(std::move(json).text());
}

Answer get_schedule(Service& service, Request request) {
  const Parameters parameters(request.query, {"next"});
  const int count = parameters.integer("next", 0, most_fires).value_or(10);
  const std::string name = checked_name(request);
  const std::vector<store::ScheduleRow> rows = co_await stored_schedules(service);
  const KeptSchedule& kept = look_up_schedule(service, name);
  JsonWriter json;
  write_schedule(json, kept, row_of(rows, name), service.backend.clock.now(), count);
  co_return json_reply(std::move(json).text());
}

Answer put_schedule(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string name = checked_name(request);
  check_body(request);
  auto schedule = parse_schedule(name, request.body);
  const store::Timestamp now = service.backend.clock.now();
  const auto task = handlers::task_of(*service.backend.supervisor.handlers(), *schedule, now, now);
  if (const auto* refusal = std::get_if<handlers::Refusal>(&task)) throw not_acceptable("task." + refusal->field, refusal->message);
  supervisor::ScheduleKeeper& keeper = service.backend.supervisor.schedules();
  const store::SchedulePut put = co_await keeper.add(std::move(schedule), request.body, request.actor());
  if (put == store::SchedulePut::taken) refuse_declared(name);
  const std::vector<store::ScheduleRow> rows = co_await stored_schedules(service);
  JsonWriter json;
  write_schedule(json, look_up_schedule(service, name), row_of(rows, name), now, 3);
  Reply reply = json_reply(std::move(json).text());
  if (put == store::SchedulePut::created) reply.status = 201;
  co_return reply;
}

Answer remove_schedule(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string name = checked_name(request);
  const store::ScheduleRemoved removed = co_await service.backend.supervisor.schedules().remove(name, request.actor());
  if (removed == store::ScheduleRemoved::taken) refuse_declared(name);
  if (removed == store::ScheduleRemoved::not_found) refuse_unknown_schedule(name);
  co_return changed_reply(name, "removed", true);
}

Answer pause_schedule(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string name = checked_name(request);
  const std::string reason = reason_of(request);
  (void)look_up_schedule(service, name);
  const bool changed = co_await service.backend.supervisor.schedules().pause(name, reason, request.actor());
  co_return changed_reply(name, "paused", changed);
}

Answer resume_schedule(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string name = checked_name(request);
  (void)look_up_schedule(service, name);
  const bool changed = co_await service.backend.supervisor.schedules().resume(name, request.actor());
  co_return changed_reply(name, "resumed", changed);
}

// A task as a tick would store it, now and beside the ticks: for trying out.
Answer run_schedule(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string name = checked_name(request);
  const store::Timestamp now = service.backend.clock.now();
  auto wanted = handlers::task_of(*service.backend.supervisor.handlers(), *look_up_schedule(service, name).schedule, now, now);
  if (const auto* refusal = std::get_if<handlers::Refusal>(&wanted)) throw not_acceptable("task." + refusal->field, refusal->message);
  store::EnqueueRequest enqueue;
  enqueue.tasks.push_back(std::get<store::NewTask>(std::move(wanted)));
  enqueue.tasks[0].run_at = now;
  enqueue.tasks[0].tick.reset();
  enqueue.tasks[0].created_by = request.actor();
  const store::EnqueueDone stored = co_await enqueue_admitted(service, enqueue);
  const store::Enqueued& done = stored.tasks.at(0);
  service.backend.supervisor.work_arrived();
  JsonWriter json;
  json.open_object().member("schedule", name).member("id", number(done.id)).member("disposition", store::name(done.disposition)).close_object();
  co_return json_reply(std::move(json).text());
}

}  // namespace reeve::api::routes
