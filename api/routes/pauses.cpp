// What an operator stops for a time beside queues: kinds and labels; and all that is stopped.
#include "api/problem.hpp"
#include "api/json/fields.hpp"
#include "api/query.hpp"
#include "api/request_body.hpp"
#include "api/routes/paused.hpp"
#include "api/routes/routes.hpp"
#include "handlers/admit.hpp"
#include "supervisor/clock.hpp"
#include "supervisor/reader_thread.hpp"
#include "supervisor/store_thread.hpp"
#include "supervisor/supervisor.hpp"

namespace reeve::api::routes {

namespace {

constexpr std::size_t label_value_max = 1024;

template <class Pause>
void write_rest(JsonWriter& json, const Pause& pause) {
  json.member("since", pause.since).text_member("reason", pause.reason).text_member("actor", pause.actor).close_object();
}

std::string checked_kind(const Request& request) {
  const std::string& name = request.arguments.at(0);
  if (!handlers::is_name(name))
    throw Problem(400, "invalid_name", "\"" + name.substr(0, 60) + "\" is not the name of a kind; names are [A-Za-z0-9_.:-]{1,128}", "kind");
  return name;
}

struct LabelBody {
  std::optional<std::string> key{};
  std::optional<std::string> value{};
  std::string reason{};
};

// An alias means its handler.
std::string present_name(Service& service, const std::string& kind) {
  const handlers::Handler* handler = service.backend.supervisor.handlers()->find(kind);
  return handler ? handler->kind : kind;
}

// {"key":"customer","value":"acme"}, and a reason when it is to be paused.
LabelBody label_of(const Request& request, Reason reason) {
  check_body(request);
  LabelBody body;
  const Fields fields(request.body);
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (member.key == "key") body.key = field.as_string();
    else if (member.key == "value") body.value = field.as_string();
    else if (member.key == "reason" && reason == Reason::allowed) body.reason = checked_reason(field);
    else if (reason == Reason::allowed) fields.refuse_unknown(member, {"key", "value", "reason"});
    else fields.refuse_unknown(member, {"key", "value"});
  }
  if (!body.key || !body.value) throw not_acceptable(body.key ? "value" : "key", R"(a label has a key and a value; write {"key":"customer","value":"acme"})");
  if (!handlers::is_label_key(*body.key))
    throw Problem(422, "invalid_name", "\"" + body.key->substr(0, 60) + "\" is no key of a label; write 1 to 128 of the characters A-Z a-z 0-9 - _ . /", "key");
  if (body.value->size() > label_value_max)
    throw not_acceptable("value", "the value has " + std::to_string(body.value->size()) + " bytes; labels have at most " + std::to_string(label_value_max));
  return body;
}

Reply kind_reply(const std::string& kind, bool paused, bool changed) {
  JsonWriter json;
  json.open_object().member("kind", kind).member("paused", paused).member("changed", changed).close_object();
  return json_reply(std::move(json).text());
}

Reply label_reply(const LabelBody& label, bool paused, bool changed) {
  JsonWriter json;
  json.open_object().member("key", *label.key).member("value", *label.value).member("paused", paused).member("changed", changed).close_object();
  return json_reply(std::move(json).text());
}

}  // namespace

void write_pause(JsonWriter& json, const store::QueuePause& pause) { write_rest(json.key("paused").open_object(), pause); }

void write_pauses(JsonWriter& json, const store::Paused& paused) {
  json.open_object().key("queues").open_array();
  for (const store::QueuePause& pause : paused.queues) write_rest(json.open_object().member("queue", pause.queue), pause);
  json.close_array().key("kinds").open_array();
  for (const store::KindPause& pause : paused.kinds) write_rest(json.open_object().member("kind", pause.kind), pause);
  json.close_array().key("labels").open_array();
  for (const store::LabelPause& pause : paused.labels) write_rest(json.open_object().member("key", pause.key).member("value", pause.value), pause);
  json.close_array().close_object();
}

Answer list_pauses(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  auto read = [](store::Reader& reader) { return reader.pauses(); };
  const store::Paused paused = co_await service.backend.reader.read(std::move(read));
  JsonWriter json;
  write_pauses(json, paused);
  co_return json_reply(std::move(json).text());
}

Answer pause_kind(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string kind = present_name(service, checked_kind(request));
  const std::string reason = reason_of(request);
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) { return store.queues().pause_kind(kind, reason, actor, now); };
  const bool changed = co_await service.backend.store.run(work);
  co_return kind_reply(kind, true, changed);
}

Answer resume_kind(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const std::string kind = checked_kind(request);
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  // One that was paused before it was renamed is still paused under its old name.
  const std::string present = present_name(service, kind);
  auto work = [&](store::Store& store) {
    const bool as_said = store.queues().resume_kind(kind, actor, now);
    return (present != kind && store.queues().resume_kind(present, actor, now)) || as_said;
  };
  const bool changed = co_await service.backend.store.run(work);
  service.backend.supervisor.work_arrived();
  co_return kind_reply(present, false, changed);
}

Answer pause_label(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const LabelBody label = label_of(request, Reason::allowed);
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) { return store.queues().pause_label(*label.key, *label.value, label.reason, actor, now); };
  const bool changed = co_await service.backend.store.run(work);
  co_return label_reply(label, true, changed);
}

Answer resume_label(Service& service, Request request) {
  const Parameters parameters(request.query, {});
  const LabelBody label = label_of(request, Reason::refused);
  const std::string actor = request.actor();
  const store::Timestamp now = service.backend.clock.now();
  auto work = [&](store::Store& store) { return store.queues().resume_label(*label.key, *label.value, actor, now); };
  const bool changed = co_await service.backend.store.run(work);
  service.backend.supervisor.work_arrived();
  co_return label_reply(label, false, changed);
}

}  // namespace reeve::api::routes
