#include <algorithm>

#include "store/event_data.hpp"
#include "store/memory/verbs.hpp"

namespace reeve::store::memory {

Task* MemorySteps::held(ClaimKey claim, Timestamp now) {
  state_.require_batch();
  Task* task = state_.find(claim.task);
  if (!task || !holds(*task, claim)) return nullptr;
  saw_life(state_, *task, now);
  return task;
}

StepRow* MemorySteps::find(TaskId task, std::string_view name) {
  const auto found = state_.steps.find({task, std::string(name)});
  return found == state_.steps.end() ? nullptr : &found->second;
}

std::optional<std::string> MemorySteps::refuse_new(TaskId task) const {
  return step_refused(task, static_cast<std::int64_t>(State::keys_of(state_.steps, task).size()));
}

void MemorySteps::add(KeptStep step) {
  StepRow row{std::move(step), state_.next(state_.last_step), {}};
  state_.edit(state_.steps, {row.task, row.name}) = std::move(row);
}

StepBegun MemorySteps::begin_step(ClaimKey claim, std::string_view name, std::string_view input, Timestamp now) {
  Task* task = held(claim, now);
  if (!task) return {StepBegun::Result::lost, {}, false, {}};
  const bool cancel = task->cancel_requested_at.has_value();
  StepRow* known = find(task->id, name);
  auto refused = known ? name_refused(*known, StepSort::step) : refuse_new(task->id);
  if (refused) return {StepBegun::Result::refused, {}, cancel, std::move(*refused)};
  if (known && known->status == StepStatus::completed) return {StepBegun::Result::done, known->output, cancel, {}};
  if (!known) {
    KeptStep fresh;
    fresh.task = task->id;
    fresh.name = name;
    add(std::move(fresh));
  }
  begin_try(state_.edit(state_.steps, {task->id, std::string(name)}), input, claim.epoch, now);
  StepTry attempt;
  attempt.name = name;
  attempt.epoch = claim.epoch;
  attempt.begun_at = now;
  state_.edit(state_.step_tries, {task->id, state_.next(state_.last_try)}) = std::move(attempt);
  return {StepBegun::Result::begun, {}, cancel, {}};
}

StepEnded MemorySteps::end_step(ClaimKey claim, std::string_view name, std::string_view output, const std::optional<TaskError>& error,
                                Timestamp now) {
  Task* task = held(claim, now);
  if (!task) return {StepEnded::Result::lost, false};
  const bool cancel = task->cancel_requested_at.has_value();
  StepRow* known = find(task->id, name);
  if (known && known->sort == StepSort::step && known->status == StepStatus::completed) return {StepEnded::Result::already_completed, cancel};
  if (!known || !is_running_in(*known, claim.epoch)) return {StepEnded::Result::not_begun, cancel};
  StepRow& row = state_.edit(state_.steps, {task->id, known->name});
  end_try(row, output, error, now);
  const auto tries = State::keys_of(state_.step_tries, task->id);
  const auto newest = std::find_if(tries.rbegin(), tries.rend(), [&](const auto& key) { return state_.step_tries.at(key).name == name; });
  StepTry& attempt = state_.edit(state_.step_tries, *newest);
  attempt.ended_at = now;
  attempt.status = row.status;
  Event event = event_about(*task, "task.step", "handler", now);
  event.data = event_data::step(name, row.status, row.tries);
  state_.append(std::move(event));
  return {StepEnded::Result::recorded, cancel};
}

WaitAnswer MemorySteps::wait(ClaimKey claim, const WaitRequest& request, Timestamp now) {
  Task* task = held(claim, now);
  if (!task) return {WaitAnswer::Result::lost, {}, {}};
  const StepRow* known = find(task->id, request.name);
  auto refused = known ? name_refused(*known, request.sort) : refuse_new(task->id);
  if (!known && !refused) refused = wait_refused(task->id, request, TaskId{state_.last_task});
  if (refused) return {WaitAnswer::Result::refused, {}, std::move(*refused)};
  StepRow row = known ? *known : begin_wait(*task, request, now);
  if (row.status != StepStatus::completed) {
    row.epoch = claim.epoch;
    if (auto output = waits_.already_there(row, claim.epoch, now)) {
      complete_wait(row, std::move(*output), now);
      row.awaited.clear();
    }
  }
  row.pending = row.status == StepStatus::waiting;
  if (row.number == 0) row.number = state_.next(state_.last_step);
  state_.edit(state_.steps, {task->id, request.name}) = row;
  if (row.pending) return {WaitAnswer::Result::waiting, {}, {}};
  return {WaitAnswer::Result::done, row.output, {}};
}

StepRow MemorySteps::begin_wait(const Task& task, const WaitRequest& request, Timestamp now) const {
  StepRow row{make_wait(task.id, request, task.epoch, now), 0, {}};
  if (request.sort != StepSort::tasks) return row;
  for (const TaskId id : request.tasks) {
    const auto found = state_.tasks.find(id);
    if (found == state_.tasks.end()) row.awaited.push_back({id, "deleted"});
    else if (is_terminal(found->second.status)) row.awaited.push_back({id, std::string(name(found->second.status))});
    else row.awaited.push_back({id, {}}), row.tasks.push_back(id);
  }
  return row;
}

std::optional<EnqueueAnswer> MemorySteps::enqueue_once(ClaimKey claim, std::string_view name, const NewTask& fresh, Timestamp now) {
  Task* task = held(claim, now);
  if (!task) return std::nullopt;
  EnqueueRequest request;
  request.tasks.push_back(fresh);
  if (name.empty()) return tasks_.enqueue(request, now);
  const StepRow* known = find(task->id, name);
  if (auto refused = known ? name_refused(*known, StepSort::enqueue) : refuse_new(task->id))
    return EnqueueRefused{EnqueueRefused::Reason::step_refused, 0, {}, std::move(*refused)};
  if (known) return parse_enqueue(known->output);
  EnqueueAnswer answer = tasks_.enqueue(request, now);
  if (const auto* done = std::get_if<EnqueueDone>(&answer))
    add(make_completed(claim.task, name, StepSort::enqueue, enqueue_output(done->tasks.at(0)), claim.epoch, now));
  return answer;
}

}  // namespace reeve::store::memory
