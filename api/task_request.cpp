#include "api/task_request.hpp"

#include <limits>
#include <optional>

#include "api/after_members.hpp"
#include "api/json/fields.hpp"
#include "api/json/writer.hpp"
#include "api/key_members.hpp"
#include "api/problem.hpp"

namespace reeve::api {

namespace {

constexpr std::int64_t budget_max = 1'000'000;

// What belongs to the one task in place of its handler's declaration; see handlers/overrides.hpp.
struct Overrides {
  JsonWriter json{};
  JsonWriter retry{};
  bool any = false;
  bool any_retry = false;

  void raw(std::string_view name, const std::string& bytes) { begin(json, any).raw_member(name, bytes); }
  void duration(std::string_view name, store::Millis value) { begin(json, any).member(name, std::int64_t{value.count()}); }
  JsonWriter& in_retry() { return begin(retry, any_retry); }

  std::string text() && {
    if (any_retry) begin(json, any).key("retry").raw(std::move(retry.close_object()).text());
    return any ? std::move(json.close_object()).text() : std::string();
  }

 private:
  static JsonWriter& begin(JsonWriter& writer, bool& begun) {
    if (!begun) writer.open_object();
    begun = true;
    return writer;
  }
};

store::Labels labels_of(const Field& field) {
  store::Labels labels;
  const Fields fields(field.json, field.name + ".");
  for (const JsonMember& member : fields.members()) labels.emplace(member.key, fields.field(member).as_string());
  return labels;
}

void take_retry(handlers::Wish& wish, Overrides& overrides, const Field& retry) {
  const Fields fields(retry.json, retry.name + ".");
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    const std::string& key = member.key;
    if (key == "attempts") wish.max_attempts = field.as_int(1, budget_max);
    else if (key == "crashes") wish.max_crashes = field.as_int(1, budget_max);
    else if (key == "backoff" || key == "jitter") overrides.in_retry().raw_member(key, field.as_raw(JsonType::string));
    else if (key == "base") overrides.in_retry().member("base_ms", std::int64_t{field.as_duration().count()});
    else if (key == "max") overrides.in_retry().member("max_ms", std::int64_t{field.as_duration().count()});
    else if (key == "factor") overrides.in_retry().member("factor", field.as_number());
    else if (key == "retry_on" || key == "reject_on") overrides.in_retry().raw_member(key, field.as_raw(JsonType::array));
    else fields.refuse_unknown(member, {"attempts", "crashes", "backoff", "base", "max", "factor", "jitter", "retry_on", "reject_on"});
  }
}

// The members that go into the wish itself. False: it is none of them.
bool take_plain(handlers::Wish& wish, const Field& field, const std::string& key) {
  if (key == "kind") wish.kind = field.as_string();
  else if (key == "payload") wish.payload = std::string(field.json);
  else if (key == "queue") wish.queue = field.as_string();
  else if (key == "priority") wish.priority = field.as_int(0, 9);
  else if (key == "run_at") wish.run_at = field.as_time();
  else if (key == "delay") wish.delay = field.as_duration();
  else if (key == "expires_in") wish.expires_in = field.as_duration();
  else if (key == "max_attempts") wish.max_attempts = field.as_int(1, budget_max);
  else if (key == "max_crashes") wish.max_crashes = field.as_int(1, budget_max);
  else if (key == "labels") wish.labels = labels_of(field);
  else if (key == "metadata") wish.metadata = std::string(field.json);
  else if (key == "external_id") wish.external_id = field.as_string();
  else if (key == "fair_key") wish.fair_key = field.as_string();
  else if (key == "traceparent") wish.traceparent = field.as_string();
  else if (key == "allow_unknown") wish.allow_unknown = field.as_bool();
  else return false;
  return true;
}

bool take_override(handlers::Wish& wish, Overrides& overrides, const Field& field, const std::string& key) {
  if (key == "command") overrides.raw(key, field.as_raw(JsonType::array));
  else if (key == "cwd") overrides.raw(key, field.as_raw(JsonType::string));
  else if (key == "env") overrides.raw(key, field.as_raw(JsonType::object));
  else if (key == "timeout") overrides.duration("timeout_ms", field.as_duration());
  else if (key == "stop_grace") overrides.duration("stop_grace_ms", field.as_duration());
  else if (key == "watchdog") overrides.duration("watchdog_ms", field.as_duration());
  else if (key == "retry") take_retry(wish, overrides, field);
  else return false;
  return true;
}

}  // namespace

handlers::Wish parse_wish(std::string_view object) {
  handlers::Wish wish;
  Overrides overrides;
  const Fields fields(object);
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    // null is what some clients send for a field that is not set; for the payload it is a value.
    if (field.is_null() && member.key != "payload") continue;
    if (take_plain(wish, field, member.key) || take_override(wish, overrides, field, member.key) || take_key_member(wish, field, member.key) ||
        take_after_member(wish, field, member.key))
      continue;
    fields.refuse_unknown(member, {"kind", "payload", "queue", "priority", "run_at", "delay", "expires_in", "max_attempts", "max_crashes",
                                   "labels", "metadata", "external_id", "dedupe", "dedupe_key", "dedupe_scope", "dedupe_window", "concurrency",
                                   "concurrency_key", "supersede", "supersede_key", "order", "order_key", "fair_key", "after", "after_policy", "batch", "traceparent", "allow_unknown",
                                   "timeout", "stop_grace", "watchdog", "retry", "command", "cwd", "env"});
  }
  if (wish.kind.empty()) throw not_acceptable("kind", "kind is missing; name the handler that shall run, as in {\"kind\":\"report\"}");
  check_key_members(wish);
  wish.overrides = std::move(overrides).text();
  return wish;
}

}  // namespace reeve::api
