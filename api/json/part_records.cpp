#include "api/json/records.hpp"

namespace reeve::api {

void write_step(JsonWriter& json, const store::Step& step) {
  json.open_object();
  json.member("name", step.name).member("sort", name(step.sort)).member("status", name(step.status)).member("tries", step.tries);
  json.member("epoch", step.epoch).member("begun_at", step.begun_at).member("ended_at", step.ended_at);
  json.raw_member("input", step.input).raw_member("output", step.output);
  if (!step.error_code.empty()) {
    json.key("error").open_object().member("code", step.error_code).member("message", step.error_message).close_object();
  }
  json.member("wake_at", step.wake_at).text_member("signal", step.signal_type);
  if (!step.tasks.empty()) {
    json.key("tasks").open_array();
    for (const store::TaskId task : step.tasks) json.value(number(task));
    json.close_array();
  }
  json.close_object();
}

void write_step_try(JsonWriter& json, const store::StepTry& each) {
  json.open_object().member("name", each.name).member("epoch", each.epoch).member("status", name(each.status));
  json.member("begun_at", each.begun_at).member("ended_at", each.ended_at).close_object();
}

void write_signal(JsonWriter& json, const store::Signal& signal) {
  json.open_object().member("signal", signal.id).member("type", signal.type).raw_member("payload", signal.payload);
  json.member("sent_at", signal.sent_at).text_member("actor", signal.actor).member("consumed_at", signal.consumed_at);
  if (signal.consumed_by != 0) json.member("consumed_by", signal.consumed_by);
  json.close_object();
}

void write_timer(JsonWriter& json, const store::Timer& timer) {
  json.open_object().member("name", timer.name).member("at", timer.at).member("fired_at", timer.fired_at).close_object();
}

void write_pool(JsonWriter& json, const executors::PoolStatus& pool) {
  json.open_object().member("kind", pool.kind).member("starting", pool.starting).member("idle", pool.idle).member("busy", pool.busy);
  json.member("stopping", pool.stopping).member("min", pool.min).member("max", pool.max).member("waiting", pool.waiting);
  json.member("started", pool.started).member("recycled", pool.recycled).member("died", pool.died).member("degraded", pool.degraded);
  json.text_member("trouble", pool.trouble).key("pids").open_array();
  for (const std::int64_t pid : pool.pids) json.value(pid);
  json.close_array().close_object();
}

}  // namespace reeve::api
