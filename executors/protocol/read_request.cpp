#include "executors/protocol/read_request.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "executors/protocol/raw_json.hpp"

namespace reeve::executors::protocol {
namespace {

constexpr std::size_t most_tasks = 1'000;

std::string needed_name(const Fields& fields) {
  auto name = fields.name("name");
  if (name.empty()) throw Refusal{"\"name\" is missing"};
  return name;
}

EndStep read_step_end(const Fields& fields) {
  EndStep end{.name = needed_name(fields), .output = fields.raw("output")};
  const auto* error = fields.present("error");
  if (error == nullptr) return end;
  if (!error->is_object()) throw Refusal{"\"error\" of a step is no object with code and message"};
  const std::string bytes = fields.raw("error");
  const Fields parts(error->get_object(), bytes);
  end.failed = true;
  end.code = parts.text("code");
  end.message = parts.text("message");
  return end;
}

Sleep read_sleep(const Fields& fields) {
  Sleep sleep{fields.name("name"), fields.moment("until"), fields.duration("for_ms")};
  if (sleep.until.has_value() == sleep.for_.has_value()) throw Refusal{"a sleep has either \"until\" or \"for_ms\""};
  return sleep;
}

Request read_timer(const Fields& fields) {
  if (fields.truth("cancel", false)) return CancelTimer{needed_name(fields)};
  SetTimer timer{needed_name(fields), fields.moment("at"), fields.duration("after_ms")};
  if (timer.at.has_value() == timer.after.has_value()) throw Refusal{"a timer has either \"at\" or \"after_ms\", or \"cancel\""};
  return timer;
}

std::int64_t task_id(const boost::json::value& value) {
  const double number = value.is_number() ? value.to_number<double>() : 0;
  if (number < 1 || number > 9e15 || number != std::floor(number)) throw Refusal{"\"tasks\" is no list of task ids"};
  return static_cast<std::int64_t>(number);
}

AwaitTasks read_wait_tasks(const Fields& fields) {
  AwaitTasks wait{.name = fields.name("name"), .timeout = fields.duration("timeout_ms")};
  const auto* tasks = fields.present("tasks");
  if (tasks == nullptr || !tasks->is_array() || tasks->get_array().empty()) throw Refusal{"\"tasks\" is no list of task ids"};
  if (tasks->get_array().size() > most_tasks) throw Refusal{"\"tasks\" has more than 1000 ids"};
  for (const auto& task : tasks->get_array()) wait.tasks.push_back(task_id(task));
  const auto mode = fields.text("mode");
  if (!mode.empty() && mode != "all" && mode != "any") throw Refusal{"\"mode\" is neither all nor any"};
  wait.any = mode == "any";
  return wait;
}

EnqueueTask read_enqueue(const Fields& fields) {
  const auto* task = fields.present("enqueue");
  if (task == nullptr || !task->is_object()) throw Refusal{"\"enqueue\" is no object such as {\"kind\":\"mail.send\",\"payload\":{}}"};
  return {fields.raw("enqueue"), fields.name("name"), fields.truth("staged", false)};
}

GetTask read_get(const Fields& fields) {
  const auto task = fields.whole("of");
  if (!task || *task < 1) throw Refusal{"\"of\" is no task id"};
  return {*task};
}

}  // namespace

std::optional<Request> read_request(std::string_view type, const Fields& fields) {
  if (type == "step.begin") return BeginStep{needed_name(fields), fields.raw("input")};
  if (type == "step.end") return read_step_end(fields);
  if (type == "sleep") return read_sleep(fields);
  if (type == "signal.take") return TakeSignal{fields.name("name"), fields.name("signal")};
  if (type == "signal.wait") return AwaitSignal{fields.name("name"), fields.name("signal"), fields.duration("timeout_ms")};
  if (type == "wait_tasks") return read_wait_tasks(fields);
  if (type == "timer") return read_timer(fields);
  if (type == "enqueue") return read_enqueue(fields);
  if (type == "get") return read_get(fields);
  return std::nullopt;
}

}  // namespace reeve::executors::protocol
