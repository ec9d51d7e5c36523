#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

WaitAnswer SqliteSteps::wait(ClaimKey claim, const WaitRequest& request, Timestamp now) {
  const std::optional<HotTask> task = held(claim, now);
  if (!task) return {WaitAnswer::Result::lost, {}, {}};
  std::optional<StepRow> known = load_step(session_.db, task->id, request.name);
  auto refused = known ? name_refused(*known, request.sort) : step_refused(task->id, task->steps);
  if (!known && !refused) refused = wait_refused(task->id, request, session_.last_task());
  if (refused) return {WaitAnswer::Result::refused, {}, std::move(*refused)};
  const bool is_new = !known;
  StepRow wait = known ? std::move(*known) : StepRow{make_wait(task->id, request, claim.epoch, now), 0, 0};
  if (wait.status == StepStatus::completed && !wait.pending) return {WaitAnswer::Result::done, std::move(wait.output), {}};
  std::vector<AwaitedTask> tasks;
  if (wait.sort == StepSort::tasks) tasks = is_new ? look_at(request.tasks) : load_awaited(session_.db, wait.id);
  if (wait.status != StepStatus::completed) {
    wait.epoch = claim.epoch;
    if (auto output = waits_.already_there(wait, tasks, claim.epoch, now)) complete_wait(wait, std::move(*output), now);
  }
  wait.pending = wait.status == StepStatus::waiting;
  if (is_new) insert_step(session_.db, wait);
  else update_step(session_.db, wait);
  if (wait.pending && is_new) expect(wait, tasks);
  if (!wait.pending && !is_new && !tasks.empty()) session_.db.query("DELETE FROM reeve_await WHERE step = ?").bind(wait.id).run();
  if (wait.pending) return {WaitAnswer::Result::waiting, {}, {}};
  return {WaitAnswer::Result::done, std::move(wait.output), {}};
}

// How they stand now.
std::vector<AwaitedTask> SqliteSteps::look_at(const std::vector<TaskId>& ids) {
  std::vector<AwaitedTask> tasks;
  tasks.reserve(ids.size());
  for (const TaskId id : ids) {
    AwaitedTask& task = tasks.emplace_back();
    task.id = id;
    Query query = session_.db.query("SELECT status FROM reeve_task WHERE id = ?");
    query.bind(id);
    if (!query.step()) task.status = "deleted";
    else if (const auto status = parse_status(query.row().view()); status && is_terminal(*status)) task.status = name(*status);
  }
  return tasks;
}

void SqliteSteps::expect(const StepRow& wait, const std::vector<AwaitedTask>& tasks) {
  int place = 0;
  for (const AwaitedTask& task : tasks) {
    {
      Query row = session_.db.query("INSERT INTO reeve_await (step, place, target, ended) VALUES (?, ?, ?, ?)");
      row.bind(wait.id, place++, task.id, or_null(task.status)).run();
    }
    if (task.status.empty()) session_.db.query("UPDATE reeve_task SET awaited = 1 WHERE id = ?").bind(task.id).run();
  }
}

}  // namespace reeve::store::sqlite
