#include "store/event_data.hpp"

#include <boost/json/serialize.hpp>
#include <charconv>

namespace reeve::store::event_data {
namespace {

// Fields in the order they are added. Strings are escaped by Boost.JSON; keys are our own words.
class Object {
 public:
  Object& add(std::string_view key, std::string_view text) {
    begin(key);
    text_ += boost::json::serialize(boost::json::string_view{text.data(), text.size()});
    return *this;
  }
  Object& add(std::string_view key, std::int64_t number) {
    begin(key);
    text_ += std::to_string(number);
    return *this;
  }
  Object& add(std::string_view key, double number) {
    begin(key);
    char digits[32];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    text_.append(digits, error == std::errc{} ? end : digits);
    return *this;
  }
  Object& add_raw(std::string_view key, std::string_view json) {
    begin(key);
    text_ += json;
    return *this;
  }
  Object& add_true(std::string_view key) {
    begin(key);
    text_ += "true";
    return *this;
  }
  [[nodiscard]] std::string str() && {
    text_ += '}';
    return std::move(text_);
  }

 private:
  void begin(std::string_view key) {
    text_ += text_.size() == 1 ? "\"" : ",\"";
    text_ += key;
    text_ += "\":";
  }
  std::string text_{"{"};
};

constexpr std::size_t coalesced_payload_max = 4096;

std::string_view word(Budget budget) {
  switch (budget) {
    case Budget::attempt: return "attempt";
    case Budget::crash: return "crash";
    case Budget::interruption: return "interruption";
    case Budget::snooze: return "snooze";
  }
  return "attempt";
}

}  // namespace

std::string enqueued(const Task& task, std::size_t after, Timestamp now) {
  if (task.run_at <= now && !task.parent && !task.rerun_of && !task.batch && after == 0) return {};
  Object object;
  if (task.run_at > now) object.add("run_at", to_rfc3339(task.run_at));
  if (task.parent) object.add("parent", number(*task.parent));
  if (task.rerun_of) object.add("rerun_of", number(*task.rerun_of));
  if (task.batch) object.add("batch", number(*task.batch));
  if (after > 0) object.add("after", static_cast<std::int64_t>(after));
  return std::move(object).str();
}

namespace {

void add_payload(Object& object, const NewTask& not_stored) {
  if (not_stored.payload.size() <= coalesced_payload_max) object.add_raw("payload", not_stored.payload);
  else object.add("payload_bytes", static_cast<std::int64_t>(not_stored.payload.size()));
}

}  // namespace

std::string coalesced(const NewTask& skipped) {
  Object object;
  if (skipped.concurrency) object.add("concurrency_key", skipped.concurrency->key);
  add_payload(object, skipped);
  return std::move(object).str();
}

std::string staged_refused(const NewTask& refused, std::string_view reason) {
  Object object;
  object.add("kind", refused.kind).add("reason", reason);
  add_payload(object, refused);
  return std::move(object).str();
}

std::string claimed(const Task& task) { return "{\"attempt\":" + std::to_string(task.attempt) + "}"; }

std::string started(const Task& task, std::int64_t pid, std::string_view executor) {
  Object object;
  object.add("attempt", std::int64_t{task.attempt}).add("executor", executor);
  if (pid != 0) object.add("pid", pid);
  return std::move(object).str();
}

std::string ended(Status from, const Task& after, const Finish& finish) {
  Object object;
  object.add("from", name(from)).add("outcome", name(finish.outcome));
  if (finish.exit_code) object.add("exit_code", std::int64_t{*finish.exit_code});
  if (after.status != Status::succeeded) {
    if (after.status == Status::cancelled && after.error) object.add("code", after.error->code);
    else if (finish.error) object.add("code", finish.error->code);
  }
  if (after.status == Status::queued) {
    object.add("retry_at", to_rfc3339(after.run_at));
    if (const auto* requeue = std::get_if<Requeue>(&finish.next)) object.add("budget", word(requeue->budget));
  }
  return std::move(object).str();
}

std::string lease_lost(std::string_view cause, Status after) {
  Object object;
  object.add("cause", cause).add("status", name(after));
  return std::move(object).str();
}

std::string cancelled(Status from, std::string_view code, std::string_view reason) {
  Object object;
  object.add("from", name(from)).add("code", code);
  if (!reason.empty()) object.add("reason", reason);
  return std::move(object).str();
}

std::string reopened(Status from, int generation, bool payload_changed) {
  Object object;
  object.add("from", name(from)).add("generation", std::int64_t{generation});
  if (payload_changed) object.add_raw("payload_changed", "true");
  return std::move(object).str();
}

std::string removed(Status status) {
  Object object;
  object.add("status", name(status));
  return std::move(object).str();
}

std::string progress(const Progress& progress) {
  Object object;
  object.add("percent", progress.percent);
  if (progress.current) object.add("current", *progress.current);
  if (progress.total) object.add("total", *progress.total);
  if (!progress.label.empty()) object.add("label", progress.label);
  return std::move(object).str();
}

std::string reason(std::string_view reason) {
  if (reason.empty()) return {};
  Object object;
  object.add("reason", reason);
  return std::move(object).str();
}

std::string label(std::string_view key, std::string_view value, std::string_view reason) {
  Object object;
  object.add("key", key).add("value", value);
  if (!reason.empty()) object.add("reason", reason);
  return std::move(object).str();
}

std::string stale_cleared() {
  Object object;
  object.add_true("cleared");
  return std::move(object).str();
}

std::string step(std::string_view name, StepStatus status, int tries) {
  Object object;
  object.add("name", name).add("status", store::name(status)).add("tries", std::int64_t{tries});
  return std::move(object).str();
}

std::string resumed(std::string_view wait, std::string_view by) {
  Object object;
  if (!wait.empty()) object.add("wait", wait);
  object.add("by", by);
  return std::move(object).str();
}

std::string signal(std::int64_t id, std::string_view type) {
  Object object;
  object.add("id", id).add("type", type);
  return std::move(object).str();
}

std::string timer(std::string_view name, std::int64_t signal) {
  Object object;
  object.add("name", name).add("signal", signal);
  return std::move(object).str();
}

std::string inbox_refused(const DoorRow& row, const DoorRefusal& why) {
  Object data;
  data.add("source", row.source).add("row", row.id).add("code", why.code).add("reason", why.message);
  return std::move(data).str();
}

std::string schedule(std::string_view name, std::string_view reason) {
  Object object;
  object.add("schedule", name);
  if (!reason.empty()) object.add("reason", reason);
  return std::move(object).str();
}

std::string schedule_fired(std::string_view name, Timestamp tick, EnqueueDisposition disposition) {
  Object object;
  object.add("schedule", name).add("tick", to_rfc3339(tick)).add("disposition", store::name(disposition));
  return std::move(object).str();
}

std::string schedule_missed(std::string_view name, Timestamp tick, std::string_view reason) {
  Object object;
  object.add("schedule", name).add("up_to", to_rfc3339(tick)).add("reason", reason);
  return std::move(object).str();
}

std::string batch_created(BatchId id, const NewBatch& batch) {
  Object object;
  object.add("batch", number(id));
  if (!batch.name.empty()) object.add("name", batch.name);
  object.add("state", store::name(batch.open ? BatchState::open : BatchState::closed));
  return std::move(object).str();
}

std::string batch_closed(BatchId id) {
  Object object;
  object.add("batch", number(id));
  return std::move(object).str();
}

std::string batch_finished(const Batch& batch, const std::vector<std::pair<std::string_view, std::string_view>>& refused) {
  Object counts;
  counts.add("succeeded", batch.counts.succeeded).add("failed", batch.counts.failed).add("cancelled", batch.counts.cancelled);
  Object object;
  object.add("batch", number(batch.id)).add("outcome", store::name(batch.state)).add_raw("counts", std::move(counts).str());
  if (!batch.callbacks.empty()) {
    std::string ids;
    for (const TaskId id : batch.callbacks) ids += (ids.empty() ? "[" : ",") + std::to_string(number(id));
    object.add_raw("callbacks", ids + "]");
  }
  if (!refused.empty()) {
    Object why;
    for (const auto& [callback, reason] : refused) why.add(callback, reason);
    object.add_raw("refused", std::move(why).str());
  }
  return std::move(object).str();
}

std::string runner(std::string_view name, std::int64_t pid) {
  Object object;
  object.add("name", name).add("pid", pid);
  return std::move(object).str();
}

std::string config_applied(const Revision& revision) {
  Object object;
  object.add("revision", revision.number).add("source", revision.source).add("hash", revision.hash);
  if (!revision.comment.empty()) object.add("comment", revision.comment);
  return std::move(object).str();
}

std::string runner_dead() {
  Object object;
  object.add_true("dead");
  return std::move(object).str();
}

std::string retained(const RetentionReport& report) {
  Object object;
  const std::pair<std::string_view, std::int64_t> sorts[] = {{"succeeded", report.succeeded}, {"failed", report.failed}, {"cancelled", report.cancelled},
                                                             {"log_lines", report.log_lines}, {"log_bytes", report.log_bytes}, {"steps", report.steps},
                                                             {"events", report.events},       {"requests", report.requests}};
  for (const auto& [sort, count] : sorts)
    if (count > 0) object.add(sort, count);
  return std::move(object).str();
}

}  // namespace reeve::store::event_data
