#include "store/steps.hpp"

#include <algorithm>
#include <charconv>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <map>

#include "store/matching.hpp"

namespace reeve::store {
namespace {

constexpr std::string_view timeout = R"({"timeout":true})";
// Written and read back here alone: a payload may be nested deeper than a parser goes.
constexpr std::string_view signal_begins = R"({"signal":{"id":)";

std::string quoted(std::string_view text) { return boost::json::serialize(boost::json::string_view{text.data(), text.size()}); }

std::string_view what_is(StepSort sort) {
  switch (sort) {
    case StepSort::step: return "a step";
    case StepSort::sleep: return "a sleep";
    case StepSort::signal: return "a wait for a signal";
    case StepSort::tasks: return "a wait for tasks";
    case StepSort::enqueue: return "an enqueue";
  }
  return "a step";
}

}  // namespace

std::optional<std::string> name_refused(const Step& known, StepSort wanted) {
  if (known.sort == wanted) return std::nullopt;
  return "the name " + quoted(known.name) + " belongs to " + std::string(what_is(known.sort)) + " of task " + std::to_string(number(known.task)) +
         " already; give " + std::string(what_is(wanted)) + " another name";
}

std::optional<std::string> step_refused(TaskId task, std::int64_t count) {
  if (count < Steps::steps_max) return std::nullopt;
  return "task " + std::to_string(number(task)) + " has " + std::to_string(count) + " steps and waits, and there may be no more than " +
         std::to_string(Steps::steps_max) + "; do more in each step, or enqueue further tasks";
}

std::optional<std::string> wait_refused(TaskId asking, const WaitRequest& request, TaskId newest) {
  const std::string wait = "wait " + quoted(request.name) + ": ";
  if (request.sort == StepSort::step || request.sort == StepSort::enqueue) return wait + "only time, a signal or tasks can be waited for";
  if (request.sort == StepSort::sleep && !request.until) return wait + "a sleep needs its end";
  if (request.sort != StepSort::tasks) return std::nullopt;
  if (request.tasks.size() > Steps::steps_max)
    return wait + "is for " + std::to_string(request.tasks.size()) + " tasks, and there may be no more than " + std::to_string(Steps::steps_max);
  for (const TaskId id : request.tasks) {
    if (id == asking) return wait + "task " + std::to_string(number(id)) + " cannot wait for itself";
    if (number(id) < 1 || id > newest) return wait + "there never was a task " + std::to_string(number(id));
  }
  return std::nullopt;
}

void begin_try(Step& step, std::string_view input, std::int64_t epoch, Timestamp now) {
  step.status = StepStatus::running;
  step.input = input;
  step.tries += 1;
  step.epoch = epoch;
  step.begun_at = now;
  step.ended_at.reset();
}

void end_try(Step& step, std::string_view output, const std::optional<TaskError>& error, Timestamp now) {
  step.ended_at = now;
  step.status = error ? StepStatus::failed : StepStatus::completed;
  if (!error) {
    step.output = output;
    return;
  }
  step.error_code = error->code;
  step.error_message = error->message;
}

bool is_running_in(const Step& step, std::int64_t epoch) {
  return step.sort == StepSort::step && step.status == StepStatus::running && step.epoch == epoch;
}

KeptStep make_wait(TaskId task, const WaitRequest& request, std::int64_t epoch, Timestamp now) {
  KeptStep wait;
  wait.task = task;
  wait.name = request.name;
  wait.sort = request.sort;
  wait.status = StepStatus::waiting;
  wait.epoch = epoch;
  wait.begun_at = now;
  wait.wake_at = request.until;
  if (request.sort == StepSort::signal) wait.signal_type = request.signal_type;
  wait.any = request.sort == StepSort::tasks && request.any;
  wait.pending = true;
  return wait;
}

KeptStep make_completed(TaskId task, std::string_view name, StepSort sort, std::string output, std::int64_t epoch, Timestamp now) {
  KeptStep step;
  step.task = task;
  step.name = name;
  step.sort = sort;
  step.epoch = epoch;
  step.begun_at = now;
  complete_wait(step, std::move(output), now);
  return step;
}

void complete_wait(Step& wait, std::string output, Timestamp now) {
  wait.status = StepStatus::completed;
  wait.output = std::move(output);
  wait.ended_at = now;
  wait.wake_at.reset();
  wait.tasks.clear();
}

bool is_enough(std::span<const AwaitedTask> tasks, bool any) {
  const auto ended = [](const AwaitedTask& task) { return !task.status.empty(); };
  if (any && !tasks.empty()) return std::any_of(tasks.begin(), tasks.end(), ended);
  return std::all_of(tasks.begin(), tasks.end(), ended);
}

bool fits(const Signal& signal, std::string_view wanted_type) { return wanted_type.empty() || signal.type == wanted_type; }

std::string time_output(StepSort sort) { return sort == StepSort::sleep ? R"({"slept":true})" : std::string(timeout); }

std::string signal_output(const Signal& signal) {
  return std::string(signal_begins) + std::to_string(signal.id) + R"(,"type":)" + quoted(signal.type) + R"(,"payload":)" + signal.payload +
         R"(,"sent_at":")" + to_rfc3339(signal.sent_at) + R"("}})";
}

std::string tasks_output(std::span<const AwaitedTask> tasks) {
  std::string output = R"({"tasks":[)";
  for (const AwaitedTask& task : tasks) {
    if (task.status.empty()) continue;
    if (output.back() == '}') output += ',';
    output += R"({"id":)" + std::to_string(number(task.id)) + R"(,"status":")" + task.status + R"("})";
  }
  return output + "]}";
}

std::optional<std::int64_t> signal_of(std::string_view output) {
  if (!output.starts_with(signal_begins)) return std::nullopt;
  output.remove_prefix(signal_begins.size());
  std::int64_t id = 0;
  const auto read = std::from_chars(output.data(), output.data() + output.size(), id);
  return read.ec == std::errc{} ? std::optional{id} : std::nullopt;
}

std::string_view ended_by(const Step& completed) { return completed.output == timeout ? std::string_view{"timeout"} : name(completed.sort); }

std::string enqueue_output(const Enqueued& enqueued) {
  std::string output = R"({"task":)" + std::to_string(number(enqueued.id)) + R"(,"disposition":")" + std::string(name(enqueued.disposition)) + '"';
  if (!enqueued.superseded.empty()) {
    output += R"(,"superseded":[)";
    for (const TaskId id : enqueued.superseded) output += (output.back() == '[' ? "" : ",") + std::to_string(number(id));
    output += ']';
  }
  return output + '}';
}

EnqueueDone parse_enqueue(std::string_view output) {
  const boost::json::value value = boost::json::parse({output.data(), output.size()});
  const boost::json::object& fields = value.as_object();
  EnqueueDone done;
  done.replayed = true;
  Enqueued& one = done.tasks.emplace_back();
  one.id = TaskId{fields.at("task").as_int64()};
  const boost::json::string& disposition = fields.at("disposition").as_string();
  one.disposition = parse_disposition({disposition.data(), disposition.size()}).value_or(EnqueueDisposition::created);
  if (const auto* superseded = fields.if_contains("superseded"))
    for (const boost::json::value& id : superseded->as_array()) one.superseded.push_back(TaskId{id.as_int64()});
  return done;
}

std::string timer_payload(std::string_view name) { return R"({"name":)" + quoted(name) + "}"; }

std::vector<StepTimings> step_timings_of(const std::vector<StepSample>& samples) {
  std::map<std::string, std::vector<double>> by_name;
  for (const StepSample& sample : samples) by_name[sample.name].push_back(sample.ms);
  std::vector<StepTimings> timings;
  for (auto& [name, durations] : by_name) {
    std::sort(durations.begin(), durations.end());
    double sum = 0;
    for (const double ms : durations) sum += ms;
    StepTimings& row = timings.emplace_back();
    row.name = name;
    row.samples = static_cast<std::int64_t>(durations.size());
    row.mean_ms = sum / static_cast<double>(durations.size());
    row.p50_ms = percentile(durations, 0.50);
    row.p95_ms = percentile(durations, 0.95);
  }
  return timings;
}

}  // namespace reeve::store
