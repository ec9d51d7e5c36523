#include "api/json/records.hpp"

#include "executors/utf8.hpp"

namespace reeve::api {

namespace {

void write_use(JsonWriter& json, const store::ResourceUse& use) {
  json.member("cpu_user_ms", use.cpu_user_ms).member("cpu_system_ms", use.cpu_system_ms).member("max_rss_kib", use.max_rss_kib);
  json.member("read_bytes", use.read_bytes).member("write_bytes", use.write_bytes);
  json.member("output_bytes", use.output_bytes).member("dropped_bytes", use.dropped_bytes);
}

}  // namespace

void write_attempt(JsonWriter& json, const store::Attempt& attempt) {
  json.open_object();
  json.member("task", number(attempt.task)).member("epoch", attempt.epoch).member("number", attempt.number);
  json.member("generation", attempt.generation).member("runner", attempt.runner).text_member("executor", attempt.executor);
  if (attempt.pid != 0) json.member("pid", attempt.pid);
  json.member("claimed_at", attempt.claimed_at).member("started_at", attempt.started_at).member("finished_at", attempt.finished_at);
  if (attempt.outcome) json.member("outcome", name(*attempt.outcome));
  if (attempt.error) write_error(json.key("error"), *attempt.error);
  json.member("exit_code", attempt.exit_code);
  write_use(json, attempt.use);
  json.member("left_children", attempt.left_children).close_object();
}

void write_log_line(JsonWriter& json, const store::LogLine& line) {
  json.open_object();
  json.member("seq", line.seq).member("epoch", line.epoch).member("at", line.at).member("stream", name(line.stream));
  json.member("level", line.level).member("message", line.message).raw_member("meta", line.meta);
  if (!executors::is_utf8(line.message)) json.member("message_base64", base64(line.message));
  json.close_object();
}

void write_event(JsonWriter& json, const store::Event& event) {
  json.open_object();
  json.member("seq", number(event.seq)).member("at", event.at).member("type", event.type);
  if (event.task) json.member("task", number(*event.task));
  json.text_member("kind", event.kind).text_member("queue", event.queue);
  if (event.epoch != 0) json.member("epoch", event.epoch);
  if (event.runner != 0) json.member("runner", event.runner);
  json.text_member("actor", event.actor).raw_member("data", event.data).close_object();
}

void write_usage(JsonWriter& json, const supervisor::Usage& usage) {
  json.text_member("name", usage.name).member("running", usage.running).member("limit", usage.limit).member("room", usage.room);
  if (usage.rate) json.member("rate", store::to_text(*usage.rate));
  json.member("weight", usage.weight);
}

void write_running(JsonWriter& json, const supervisor::RunningAttempt& attempt) {
  json.open_object();
  json.member("task", number(attempt.claim.task)).member("epoch", attempt.claim.epoch).member("kind", attempt.kind);
  json.member("queue", attempt.queue);
  if (attempt.pid != 0) json.member("pid", attempt.pid);
  json.member("since", attempt.since).member("last_seen", attempt.last_seen);
  if (attempt.stale) json.member("stale", true);
  if (!attempt.resources.empty()) {
    json.key("resources").open_object();
    for (const auto& [name, units] : attempt.resources) json.words(name, units);
    json.close_object();
  }
  json.member("stopping", attempt.stopping).close_object();
}

void write_door(JsonWriter& json, const supervisor::DoorStatus& door) {
  json.key("inbox").open_object().member("open", door.open).member("taken", door.taken).member("refused", door.refused).close_object();
  json.key("outboxes").open_array();
  for (const supervisor::OutboxStatus& outbox : door.outboxes) {
    json.open_object().member("path", outbox.path).text_member("trouble", outbox.trouble);
    json.member("taken", outbox.taken).member("refused", outbox.refused).close_object();
  }
  json.close_array();
}

void write_facts(JsonWriter& json, const store::StoreFacts& facts) {
  json.open_object();
  json.member("engine", facts.engine).text_member("location", facts.location).member("durability", facts.durability);
  json.member("schema", facts.schema).member("file_bytes", facts.file_bytes).member("wal_bytes", facts.wal_bytes);
  json.member("inbox_waiting", facts.inbox_waiting).member("inbox_refused", facts.inbox_refused);
  json.words("warnings", facts.warnings);
  json.words("notes", facts.notes);
  json.close_object();
}

std::string_view word(store::CancelResult result) {
  switch (result) {
    case store::CancelResult::cancelled: return "cancelled";
    case store::CancelResult::requested: return "requested";
    case store::CancelResult::already_requested: return "already_requested";
    case store::CancelResult::already_terminal: return "already_terminal";
    case store::CancelResult::not_found: break;
  }
  return "not_found";
}

std::string_view word(store::RetryResult result) {
  switch (result) {
    case store::RetryResult::requeued: return "requeued";
    case store::RetryResult::not_terminal: return "not_terminal";
    case store::RetryResult::succeeded_already: return "succeeded_already";
    case store::RetryResult::not_found: break;
  }
  return "not_found";
}

std::string_view word(store::RerunResult result) {
  switch (result) {
    case store::RerunResult::rerun: return "rerun";
    case store::RerunResult::coalesced: return "coalesced";
    case store::RerunResult::not_terminal: return "not_terminal";
    case store::RerunResult::key_busy: return "key_busy";
    case store::RerunResult::request_key_reused: return "idempotency_key_reused";
    case store::RerunResult::not_found: break;
  }
  return "not_found";
}

std::string_view word(store::RemoveResult result) {
  switch (result) {
    case store::RemoveResult::removed: return "removed";
    case store::RemoveResult::not_terminal: return "not_terminal";
    case store::RemoveResult::not_found: break;
  }
  return "not_found";
}

}  // namespace reeve::api
