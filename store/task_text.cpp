#include "store/task_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>

namespace reeve::store {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

// Fields that are as they are when nothing is said are left out.
class FieldsOut {
 public:
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) put(key, value);
  }
  void put(std::string_view key, std::string_view value) { fields_.emplace(view(key), view(value)); }
  void put(std::string_view key, std::int64_t value) { fields_.emplace(view(key), value); }
  void put(std::string_view key, value held) { fields_.emplace(view(key), std::move(held)); }
  void time(std::string_view key, const std::optional<Timestamp>& at) {
    if (at) put(key, to_ms(*at));
  }
  template <class Id>
  void id(std::string_view key, const std::optional<Id>& id) {
    if (id) put(key, number(*id));
  }
  [[nodiscard]] object take() { return std::move(fields_); }

 private:
  static boost::json::string_view view(std::string_view text) { return {text.data(), text.size()}; }
  object fields_{};
};

class FieldsIn {
 public:
  explicit FieldsIn(const object& fields) : fields_(fields) {}
  [[nodiscard]] const value* find(std::string_view key) const { return fields_.if_contains({key.data(), key.size()}); }
  [[nodiscard]] std::string text(std::string_view key) const {
    const value* held = find(key);
    return held ? string_of(*held) : std::string{};
  }
  [[nodiscard]] std::int64_t number(std::string_view key) const {
    const value* held = find(key);
    if (!held) throw std::invalid_argument("a stored task has no " + std::string(key));
    return held->as_int64();
  }
  [[nodiscard]] std::optional<Timestamp> time(std::string_view key) const {
    return find(key) ? std::optional<Timestamp>{from_ms(number(key))} : std::nullopt;
  }
  template <class Id>
  [[nodiscard]] std::optional<Id> id(std::string_view key) const {
    return find(key) ? std::optional<Id>{Id{number(key)}} : std::nullopt;
  }
  // A word of an enumeration.
  template <class Parse>
  [[nodiscard]] auto word(std::string_view key, Parse parse) const {
    const std::string given = text(key);
    const auto known = parse(given);
    if (!known) throw std::invalid_argument("a stored task has the " + std::string(key) + " \"" + given + "\"");
    return *known;
  }
  static std::string string_of(const value& held) {
    const boost::json::string& text = held.as_string();
    return std::string(text.data(), text.size());
  }

 private:
  const object& fields_;
};

object dedupe_fields(const Dedupe& dedupe) {
  FieldsOut out;
  out.put("key", std::string_view{dedupe.key});
  out.put("scope", name(dedupe.scope));
  if (dedupe.window) out.put("window", std::int64_t{dedupe.window->count()});
  return out.take();
}

Dedupe parse_dedupe(const object& fields) {
  const FieldsIn in(fields);
  Dedupe dedupe;
  dedupe.key = in.text("key");
  dedupe.scope = in.word("scope", parse_key_scope);
  if (in.find("window")) dedupe.window = Millis{in.number("window")};
  return dedupe;
}

object concurrency_fields(const Concurrency& concurrency) {
  FieldsOut out;
  out.put("key", std::string_view{concurrency.key});
  out.put("limit", std::int64_t{concurrency.limit});
  out.put("scope", name(concurrency.scope));
  out.put("on_conflict", name(concurrency.on_conflict));
  return out.take();
}

Concurrency parse_concurrency(const object& fields) {
  const FieldsIn in(fields);
  Concurrency concurrency;
  concurrency.key = in.text("key");
  concurrency.limit = static_cast<int>(in.number("limit"));
  concurrency.scope = in.word("scope", parse_key_scope);
  concurrency.on_conflict = in.word("on_conflict", parse_on_conflict);
  return concurrency;
}

array after_fields(const std::vector<AfterTask>& after) {
  array all;
  for (const AfterTask& one : after) {
    FieldsOut out;
    if (number(one.task) != 0) out.put("task", number(one.task));
    out.text("external_id", one.external_id);
    if (one.item) out.put("item", static_cast<std::int64_t>(*one.item));
    all.push_back(out.take());
  }
  return all;
}

std::vector<AfterTask> parse_after(const array& all) {
  std::vector<AfterTask> after;
  for (const value& one : all) {
    const FieldsIn in(one.as_object());
    AfterTask& task = after.emplace_back();
    if (in.find("task")) task.task = TaskId{in.number("task")};
    task.external_id = in.text("external_id");
    if (in.find("item")) task.item = static_cast<std::size_t>(in.number("item"));
  }
  return after;
}

object label_fields(const Labels& labels) {
  FieldsOut out;
  for (const auto& [key, label] : labels) out.put(key, std::string_view{label});
  return out.take();
}

Labels parse_label_fields(const object& fields) {
  Labels labels;
  for (const auto& field : fields) labels.emplace(std::string(field.key().data(), field.key().size()), FieldsIn::string_of(field.value()));
  return labels;
}

}  // namespace

std::string task_to_text(const NewTask& task) {
  FieldsOut out;
  out.put("kind", std::string_view{task.kind});
  out.put("queue", std::string_view{task.queue});
  out.put("priority", std::int64_t{task.priority});
  out.put("payload", std::string_view{task.payload});
  out.text("metadata", task.metadata);
  out.time("run_at", task.run_at);
  out.put("max_attempts", std::int64_t{task.max_attempts});
  out.put("max_crashes", std::int64_t{task.max_crashes});
  out.text("overrides", task.overrides);
  if (!task.labels.empty()) out.put("labels", value(label_fields(task.labels)));
  if (task.external_id) out.put("external_id", std::string_view{*task.external_id});
  if (task.dedupe) out.put("dedupe", value(dedupe_fields(*task.dedupe)));
  out.time("expires_at", task.expires_at);
  out.text("traceparent", task.traceparent);
  out.text("created_by", task.created_by);
  out.id("parent", task.parent);
  out.id("rerun_of", task.rerun_of);
  if (task.concurrency) out.put("concurrency", value(concurrency_fields(*task.concurrency)));
  out.text("supersede_key", task.supersede_key);
  out.text("order_key", task.order_key);
  out.text("fair_key", task.fair_key);
  out.text("schedule", task.schedule);
  out.time("tick", task.tick);
  if (!task.after.empty()) out.put("after", value(after_fields(task.after)));
  out.put("after_policy", name(task.after_policy));
  out.id("batch", task.batch);
  return boost::json::serialize(out.take());
}

NewTask task_from_text(std::string_view text) {
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;   // a payload may hold any bytes
  const value parsed = boost::json::parse({text.data(), text.size()}, {}, options);
  const FieldsIn in(parsed.as_object());
  NewTask task;
  task.kind = in.text("kind");
  task.queue = in.text("queue");
  task.priority = static_cast<int>(in.number("priority"));
  task.payload = in.text("payload");
  task.metadata = in.text("metadata");
  task.run_at = in.time("run_at");
  task.max_attempts = static_cast<int>(in.number("max_attempts"));
  task.max_crashes = static_cast<int>(in.number("max_crashes"));
  task.overrides = in.text("overrides");
  if (const value* labels = in.find("labels")) task.labels = parse_label_fields(labels->as_object());
  if (in.find("external_id")) task.external_id = in.text("external_id");
  if (const value* dedupe = in.find("dedupe")) task.dedupe = parse_dedupe(dedupe->as_object());
  task.expires_at = in.time("expires_at");
  task.traceparent = in.text("traceparent");
  task.created_by = in.text("created_by");
  task.parent = in.id<TaskId>("parent");
  task.rerun_of = in.id<TaskId>("rerun_of");
  if (const value* concurrency = in.find("concurrency")) task.concurrency = parse_concurrency(concurrency->as_object());
  task.supersede_key = in.text("supersede_key");
  task.order_key = in.text("order_key");
  task.fair_key = in.text("fair_key");
  task.schedule = in.text("schedule");
  task.tick = in.time("tick");
  if (const value* after = in.find("after")) task.after = parse_after(after->as_array());
  task.after_policy = in.word("after_policy", parse_after_policy);
  task.batch = in.id<BatchId>("batch");
  return task;
}

}  // namespace reeve::store
