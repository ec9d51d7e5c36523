#include "api/json/records.hpp"

namespace reeve::api {

namespace {

void write_progress(JsonWriter& json, const store::Progress& progress, std::optional<store::Timestamp> at) {
  json.open_object();
  json.member("percent", progress.percent).member("current", progress.current).member("total", progress.total);
  json.text_member("label", progress.label).raw_member("meta", progress.meta).member("updated_at", at).close_object();
}

void write_labels(JsonWriter& json, const store::Labels& labels) {
  json.key("labels").open_object();
  for (const auto& [key, value] : labels) json.member(key, value);
  json.close_object();
}

void write_keys(JsonWriter& json, const store::Task& task) {
  if (task.dedupe) {
    json.member("dedupe_key", task.dedupe->key).member("dedupe_scope", name(task.dedupe->scope));
    if (const auto window = task.dedupe->window) json.member("dedupe_window", *window == store::for_ever ? "forever" : store::to_text(*window));
  }
  if (task.concurrency) {
    json.key("concurrency").open_object().member("key", task.concurrency->key).member("limit", task.concurrency->limit);
    json.member("scope", name(task.concurrency->scope)).member("on_conflict", name(task.concurrency->on_conflict)).close_object();
  }
  json.text_member("supersede_key", task.supersede_key).text_member("order_key", task.order_key);
  if (task.superseded_by) json.member("superseded_by", number(*task.superseded_by));
}

void write_counters(JsonWriter& json, const store::Task& task) {
  json.member("attempt", task.attempt).member("max_attempts", task.max_attempts);
  json.member("crashes", task.crashes).member("max_crashes", task.max_crashes);
  json.member("interruptions", task.interruptions).member("snoozes", task.snoozes);
  json.member("generation", task.generation).member("epoch", task.epoch);
  if (task.runner != 0) json.member("runner", task.runner);
}

void write_times(JsonWriter& json, const store::Task& task) {
  json.member("lease_expires_at", task.lease_expires_at).member("created_at", task.created_at).member("run_at", task.run_at);
  json.member("claimed_at", task.claimed_at).member("started_at", task.started_at).member("finished_at", task.finished_at);
  json.member("last_seen_at", task.last_seen_at).member("stale_at", task.stale_at).text_member("stale_reason", task.stale_reason);
  json.member("cancel_requested_at", task.cancel_requested_at).text_member("cancel_reason", task.cancel_reason);
  json.member("expires_at", task.expires_at);
}

void write_origin(JsonWriter& json, const store::Task& task) {
  json.text_member("traceparent", task.traceparent).text_member("created_by", task.created_by);
  if (task.parent) json.member("parent_id", number(*task.parent));
  if (task.rerun_of) json.member("rerun_of", number(*task.rerun_of));
  json.text_member("schedule", task.schedule).member("tick", task.tick);
  if (task.batch) json.member("batch", number(*task.batch));
  json.raw_member("overrides", task.overrides);
}

}  // namespace

void write_error(JsonWriter& json, const store::TaskError& error) {
  json.open_object();
  json.member("code", error.code).member("message", error.message).raw_member("detail", error.detail);
  json.member("exit_code", error.exit_code).member("signal", error.signal);
  if (error.core) json.member("core", true);
  if (error.oom) json.member("oom", true);
  json.text_member("stderr_tail", error.stderr_tail).text_member("fingerprint", error.fingerprint).close_object();
}

void write_task(JsonWriter& json, const store::Task& task, store::State state, Body body) {
  json.open_object();
  json.member("id", number(task.id)).member("kind", task.kind).member("queue", task.queue).member("priority", task.priority);
  json.member("status", name(task.status)).member("state", name(state));
  if (body == Body::with_payload) {
    json.raw_member("payload", task.payload);
    if (task.result) json.raw_member("result", *task.result);
  }
  if (task.error) write_error(json.key("error"), *task.error);
  if (task.progress) write_progress(json.key("progress"), *task.progress, task.progress_at);
  write_labels(json, task.labels);
  if (body == Body::with_payload) json.raw_member("metadata", task.metadata);
  json.member("external_id", task.external_id);
  write_keys(json, task);
  json.text_member("fair_key", task.fair_key);
  write_counters(json, task);
  write_times(json, task);
  write_origin(json, task);
  json.close_object();
}

}  // namespace reeve::api
