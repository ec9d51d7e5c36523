#include "api/batch_request.hpp"

#include "api/admission.hpp"
#include "api/json/fields.hpp"
#include "api/problem.hpp"

namespace reeve::api {

namespace {

constexpr std::size_t batch_name_max = 256;
constexpr std::size_t batch_metadata_max = 64 << 10;

std::string name_in(const Field& field) {
  std::string text = field.as_string();
  if (text.size() > batch_name_max || text.find('\0') != std::string::npos)
    throw not_acceptable(field.name, "the name has " + std::to_string(text.size()) + " bytes; write at most 256, without NUL");
  return text;
}

std::string metadata_in(const Field& field) {
  if (field.json.size() > batch_metadata_max)
    throw not_acceptable(field.name, "the metadata have " + std::to_string(field.json.size()) + " bytes; keep at most 65536, or a reference to more");
  return std::string(field.json);
}

// Times that count from now would be over when the batch ends.
void refuse_relative_times(const Field& field) {
  const Fields fields(field.json, field.name + ".");
  for (const JsonMember& member : fields.members())
    if (member.key == "delay" || member.key == "expires_in")
      throw not_acceptable(field.name + "." + member.key, "a callback is stored when its batch has ended, whenever that is; leave its " + member.key + " out");
}

store::NewTask callback_in(Service& service, const Field& field, const std::string& actor) {
  refuse_relative_times(field);
  try {
    store::NewTask task = admit_task(service, field.json, actor);
    if (task.batch) throw Problem(422, "invalid_value", "a callback cannot belong to a batch that is there already; leave its batch out", "batch");
    if (!task.after.empty()) throw Problem(422, "invalid_value", "a callback comes after its batch; leave its `after` out", "after");
    return task;
  } catch (Problem& problem) {
    problem.field = field.name + (problem.field.empty() ? "" : "." + problem.field);
    throw;
  }
}

}  // namespace

BatchRequest parse_batch(Service& service, std::string_view body, const std::string& actor) {
  BatchRequest request;
  const Fields fields(body);
  for (const JsonMember& member : fields.members()) {
    const Field field = fields.field(member);
    if (field.is_null()) continue;
    const std::string& key = member.key;
    if (key == "name") request.batch.name = name_in(field);
    else if (key == "open") request.batch.open = field.as_bool();
    else if (key == "metadata") request.batch.metadata = metadata_in(field);
    else if (key == "on_success") request.batch.on_success = callback_in(service, field, actor);
    else if (key == "on_failure") request.batch.on_failure = callback_in(service, field, actor);
    else if (key == "on_finish") request.batch.on_finish = callback_in(service, field, actor);
    else if (key == "tasks") request.tasks = field.items();
    else fields.refuse_unknown(member, {"name", "open", "metadata", "on_success", "on_failure", "on_finish", "tasks"});
  }
  request.batch.created_by = actor;
  return request;
}

}  // namespace reeve::api
