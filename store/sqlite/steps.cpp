#include "store/event_data.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

std::optional<HotTask> SqliteSteps::held(ClaimKey claim, Timestamp now) {
  session_.require_batch();
  std::optional<HotTask> task = load_hot(session_.db, claim.task);
  if (!task || !holds(*task, claim)) return std::nullopt;
  saw_life(session_, *task, now);
  return task;
}

StepBegun SqliteSteps::begin_step(ClaimKey claim, std::string_view name, std::string_view input, Timestamp now) {
  const std::optional<HotTask> task = held(claim, now);
  if (!task) return {StepBegun::Result::lost, {}, false, {}};
  const bool cancel = task->cancel_requested_at.has_value();
  std::optional<StepRow> known = load_step(session_.db, task->id, name);
  auto refused = known ? name_refused(*known, StepSort::step) : step_refused(task->id, task->steps);
  if (refused) return {StepBegun::Result::refused, {}, cancel, std::move(*refused)};
  if (known && known->status == StepStatus::completed) return {StepBegun::Result::done, std::move(known->output), cancel, {}};
  StepRow step = known ? std::move(*known) : StepRow{};
  step.task = task->id;
  step.name = name;
  begin_try(step, input, claim.epoch, now);
  if (step.id == 0) insert_step(session_.db, step);
  {
    Query row = session_.db.query("INSERT INTO reeve_step_try (task, step, epoch, begun_at, status) VALUES (?, ?, ?, ?, 'running')");
    row.bind(step.task, step.id, claim.epoch, now).run();
  }
  step.newest_try = sqlite3_last_insert_rowid(session_.db.handle());
  update_step(session_.db, step);
  return {StepBegun::Result::begun, {}, cancel, {}};
}

StepEnded SqliteSteps::end_step(ClaimKey claim, std::string_view name, std::string_view output, const std::optional<TaskError>& error,
                                Timestamp now) {
  const std::optional<HotTask> task = held(claim, now);
  if (!task) return {StepEnded::Result::lost, false};
  const bool cancel = task->cancel_requested_at.has_value();
  std::optional<StepRow> step = load_step(session_.db, task->id, name);
  if (step && step->sort == StepSort::step && step->status == StepStatus::completed) return {StepEnded::Result::already_completed, cancel};
  if (!step || !is_running_in(*step, claim.epoch)) return {StepEnded::Result::not_begun, cancel};
  end_try(*step, output, error, now);
  update_step(session_.db, *step);
  {
    Query row = session_.db.query("UPDATE reeve_step_try SET ended_at = ?, status = ? WHERE id = ?");
    row.bind(now, store::name(step->status), step->newest_try).run();
  }
  Event event = event_about(*task, "task.step", "handler", now);
  event.data = event_data::step(name, step->status, step->tries);
  session_.append(event);
  return {StepEnded::Result::recorded, cancel};
}

std::optional<EnqueueAnswer> SqliteSteps::enqueue_once(ClaimKey claim, std::string_view name, const NewTask& fresh, Timestamp now) {
  const std::optional<HotTask> task = held(claim, now);
  if (!task) return std::nullopt;
  EnqueueRequest request;
  request.tasks.push_back(fresh);
  if (name.empty()) return tasks_.enqueue(request, now);
  const std::optional<StepRow> known = load_step(session_.db, task->id, name);
  if (auto refused = known ? name_refused(*known, StepSort::enqueue) : step_refused(task->id, task->steps))
    return EnqueueRefused{EnqueueRefused::Reason::step_refused, 0, {}, std::move(*refused)};
  if (known) return parse_enqueue(known->output);
  EnqueueAnswer answer = tasks_.enqueue(request, now);
  if (const auto* done = std::get_if<EnqueueDone>(&answer)) {
    StepRow step{make_completed(claim.task, name, StepSort::enqueue, enqueue_output(done->tasks.at(0)), claim.epoch, now), 0, 0};
    insert_step(session_.db, step);
  }
  return answer;
}

}  // namespace reeve::store::sqlite
