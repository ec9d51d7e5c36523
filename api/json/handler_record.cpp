#include "api/json/records.hpp"
#include "executors/capabilities.hpp"
#include "handlers/schema/json_schema.hpp"

namespace reeve::api {

namespace {

std::string_view word(handlers::Backoff backoff) {
  switch (backoff) {
    case handlers::Backoff::fixed: return "fixed";
    case handlers::Backoff::linear: return "linear";
    case handlers::Backoff::exponential: break;
  }
  return "exponential";
}

std::string_view word(handlers::Jitter jitter) {
  switch (jitter) {
    case handlers::Jitter::none: return "none";
    case handlers::Jitter::ratio: return "ratio";
    case handlers::Jitter::full: break;
  }
  return "full";
}

void write_retry(JsonWriter& json, const handlers::RetryPolicy& retry) {
  json.open_object();
  json.member("attempts", retry.attempts).member("crashes", retry.crashes).member("backoff", word(retry.backoff));
  json.member("base", store::to_text(retry.base)).member("max", store::to_text(retry.max)).member("factor", retry.factor);
  json.member("jitter", word(retry.jitter));
  json.words("retry_on", retry.retry_on);
  json.words("reject_on", retry.reject_on);
  json.close_object();
}

// How its bodies end, and what they cannot do.
void write_capabilities(JsonWriter& json, const std::string& executor) {
  const auto can = executors::capabilities_of(executor);
  if (!can) return;
  json.member("stops", executors::word_of_stops(*can)).key("capabilities").open_object();
  json.member("kills", can->kills).member("captures_output", can->captures_output);
  json.member("isolates_crashes", can->isolates_crashes).member("speaks_protocol", can->speaks_protocol).close_object();
}

void write_duration(JsonWriter& json, std::string_view key, const std::optional<store::Millis>& duration) {
  if (duration) json.member(key, store::to_text(*duration));
}

}  // namespace

void write_handler(JsonWriter& json, const handlers::Handler& handler) {
  json.open_object();
  json.member("kind", handler.kind).member("executor", handler.executor).member("queue", handler.queue);
  write_capabilities(json, handler.executor);
  json.member("priority", handler.priority).member("concurrency", handler.concurrency);
  if (handler.process) {
    json.words("command", handler.process->command);
    json.text_member("cwd", handler.process->cwd).text_member("user", handler.process->user).text_member("group", handler.process->group);
  }
  if (handler.builtin) json.member("builtin", handler.builtin->name);
  if (handler.thread && !handler.thread->plugin.empty()) json.member("plugin", handler.thread->plugin);
  if (handler.thread && !handler.thread->function.empty()) json.member("function", handler.thread->function);
  write_duration(json, "timeout", handler.timeout);
  write_duration(json, "soft_timeout", handler.soft_timeout);
  write_duration(json, "watchdog", handler.watchdog);
  json.member("on_stale", handler.on_stale == handlers::OnStale::mark ? "mark" : "kill");
  json.member("stop_grace", store::to_text(handler.stop_grace));
  write_retry(json.key("retry"), handler.retry);
  json.key("labels").open_object();
  for (const auto& [key, value] : handler.labels) json.member(key, value);
  json.close_object().raw_member("metadata", handler.metadata);
  if (handler.payload_schema) json.raw_member("payload_schema", handler.payload_schema->text());
  if (handler.result_schema) json.raw_member("result_schema", handler.result_schema->text());
  if (handler.labels_schema) json.raw_member("labels_schema", handler.labels_schema->text());
  json.member("payload_bytes_max", handler.payload_bytes_max).text_member("declared_at", handler.declared_at).close_object();
}

}  // namespace reeve::api
