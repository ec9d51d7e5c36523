#include "handlers/typed.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "handlers/schema/json_schema.hpp"

namespace reeve::handlers {

namespace json = boost::json;

namespace {

std::optional<TypeFault> fault_in(const JsonSchema* schema, std::string_view bytes, const std::string& what, const std::string& kind) {
  if (!schema) return std::nullopt;
  std::optional<SchemaFault> fault = schema->check(bytes);
  if (!fault) return std::nullopt;
  TypeFault out{.code = "invalid_" + what, .field = what + fault->path, .path = fault->path, .message = "the " + what + " of kind \"" + kind + "\""};
  if (!fault->path.empty()) out.message += " at " + fault->path;
  out.message += " " + fault->message + " (" + what + "_schema of the handler)";
  return out;
}

std::string labels_json(const store::Labels& labels) {
  json::object object;
  for (const auto& [key, value] : labels) object[key] = value;
  return json::serialize(object);
}

std::string detail_of(const TypeFault& fault) { return json::serialize(json::object{{"path", fault.path}, {"message", fault.message}}); }

}  // namespace

std::optional<TypeFault> fault_in_payload(const Handler& handler, std::string_view payload) {
  return fault_in(handler.payload_schema.get(), payload, "payload", handler.kind);
}

std::optional<TypeFault> fault_in_labels(const Handler& handler, const store::Labels& labels) {
  return handler.labels_schema ? fault_in(handler.labels_schema.get(), labels_json(labels), "labels", handler.kind) : std::nullopt;
}

std::optional<store::Finish> refused_before_start(const Handler& handler, const store::Task& task) {
  std::optional<TypeFault> fault = fault_in_payload(handler, task.payload);
  if (!fault) fault = fault_in_labels(handler, task.labels);
  if (!fault) return std::nullopt;
  store::TaskError error;
  error.code = fault->code;
  error.message = fault->message;
  error.detail = detail_of(*fault);
  store::Finish finish;
  finish.claim = {task.id, task.epoch};
  finish.outcome = store::Outcome::invalid;
  finish.error = std::move(error);
  finish.next = store::Fail{};
  finish.executor = handler.executor;
  finish.keep_steps = handler.keep_steps;
  return finish;
}

void check_result(const Handler& handler, executors::Outcome& outcome) {
  const auto* succeeded = std::get_if<executors::Succeeded>(&outcome.end);
  if (!succeeded || !handler.result_schema) return;
  const std::string_view result = succeeded->result.empty() ? std::string_view("null") : std::string_view(succeeded->result);
  std::optional<TypeFault> fault = fault_in(handler.result_schema.get(), result, "result", handler.kind);
  if (!fault) return;
  executors::Failed failed;
  failed.code = fault->code;
  failed.message = fault->message;
  failed.detail = detail_of(*fault);
  outcome.end = std::move(failed);
}

}  // namespace reeve::handlers
