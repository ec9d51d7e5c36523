#include "api/json/records.hpp"

namespace reeve::api {

void write_dependencies(JsonWriter& json, const store::Dependencies& dependencies) {
  json.open_object().member("after_policy", name(dependencies.policy)).member("open", dependencies.open).key("after").open_array();
  for (const store::Dependency& one : dependencies.on) {
    json.open_object().member("task", number(one.task));
    if (one.ended) json.member("ended", name(*one.ended));
    json.close_object();
  }
  json.close_array().key("dependents").open_array();
  for (const store::TaskId id : dependencies.dependents) json.value(number(id));
  json.close_array().member("more_dependents", dependencies.more_dependents).close_object();
}

void write_batch(JsonWriter& json, const store::Batch& batch) {
  const store::BatchCounts& counts = batch.counts;
  json.open_object().member("id", number(batch.id)).text_member("name", batch.name).member("state", name(batch.state));
  json.member("percent", batch.percent).member("total", counts.total()).member("ended", counts.ended());
  json.key("counts").open_object().member("queued", counts.queued).member("claimed", counts.claimed).member("running", counts.running);
  json.member("waiting", counts.waiting).member("succeeded", counts.succeeded).member("failed", counts.failed);
  json.member("cancelled", counts.cancelled).close_object();
  json.raw_member("metadata", batch.metadata).text_member("created_by", batch.created_by).member("created_at", batch.created_at);
  json.member("closed_at", batch.closed_at).member("finished_at", batch.finished_at);
  if (!batch.callbacks.empty()) {
    json.key("callbacks").open_array();
    for (const store::TaskId id : batch.callbacks) json.value(number(id));
    json.close_array();
  }
  json.close_object();
}

}  // namespace reeve::api
