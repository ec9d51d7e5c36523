#include "store/sqlite/lines.hpp"
#include "store/sqlite/waits.hpp"

namespace reeve::store::sqlite {

bool Waits::task_ended(const HotTask& task, Completed steps, Timestamp now) {
  forget_own(task, steps);
  return task.awaited && tell_waiting(task, now);
}

void Waits::forget_own(const HotTask& task, Completed steps) {
  if (task.steps > 0) {
    Query gone = session_.db.query(steps == Completed::forgotten
                                       ? "DELETE FROM reeve_step WHERE task = ?"
                                       : "DELETE FROM reeve_step INDEXED BY reeve_step_pending WHERE pending = 1 AND task = ? AND status = 'waiting'");
    const std::int64_t count = gone.bind(task.id).run_counting();
    if (count > 0) session_.db.query("UPDATE reeve_task SET steps = steps - ? WHERE id = ?").bind(count, task.id).run();
    if (steps == Completed::forgotten) session_.db.query("DELETE FROM reeve_step_try WHERE task = ?").bind(task.id).run();
  }
  if (task.timers) session_.db.query("DELETE FROM reeve_timer WHERE task = ? AND fired_at IS NULL").bind(task.id).run();
}

bool Waits::tell_waiting(const HotTask& ended, Timestamp now) {
  std::vector<std::int64_t> waits;
  {
    Query query = session_.db.query(
        "SELECT DISTINCT s.id FROM reeve_await a INDEXED BY reeve_await_target JOIN reeve_step s ON s.id = a.step "
        "WHERE a.ended IS NULL AND a.target = ? ORDER BY s.task, s.id");
    query.bind(ended.id);
    while (query.step()) waits.push_back(query.row().integer());
  }
  session_.db.query("UPDATE reeve_await INDEXED BY reeve_await_target SET ended = ? WHERE ended IS NULL AND target = ?")
      .bind(name(ended.status), ended.id)
      .run();
  session_.db.query("UPDATE reeve_task SET awaited = 0 WHERE id = ?").bind(ended.id).run();
  const std::string actor = "task:" + std::to_string(number(ended.id));
  bool woke = false;
  for (const std::int64_t id : waits) {
    const std::optional<StepRow> wait = load_step(session_.db, id);
    const std::vector<AwaitedTask> tasks = load_awaited(session_.db, id);
    if (is_enough(tasks, wait.value().any)) woke |= complete(id, tasks_output(tasks), actor, now);
  }
  return woke;
}

bool Waits::resume_if_nothing_is_left(Task& task, Timestamp now) {
  bool waits = false;
  std::string wait;
  std::string_view by = "nothing";
  {
    Query query = session_.db.query("SELECT " REEVE_STEP_COLUMNS
                                    " FROM reeve_step s INDEXED BY reeve_step_pending WHERE s.pending = 1 AND s.task = ? ORDER BY s.id");
    query.bind(task.id);
    while (query.step()) {
      const StepRow step = read_step(query.row());
      waits |= step.status == StepStatus::waiting;
      if (!wait.empty() || step.status != StepStatus::completed || step.epoch != task.epoch) continue;
      wait = step.name;
      by = ended_by(step);
    }
  }
  if (waits && wait.empty()) return false;
  resume(task, wait, by, "runner", now);
  return true;
}

std::optional<std::string> Waits::already_there(const StepRow& wait, const std::vector<AwaitedTask>& tasks, std::int64_t epoch, Timestamp now) {
  if (wait.sort == StepSort::signal)
    if (const auto signal = consume_oldest(wait.task, wait.signal_type, epoch, now)) return signal_output(*signal);
  if (wait.sort == StepSort::tasks && is_enough(tasks, wait.any)) return tasks_output(tasks);
  if (wait.wake_at && *wait.wake_at <= now) return time_output(wait.sort);
  return std::nullopt;
}

// True: the task was suspended and is queued again.
bool Waits::complete(std::int64_t step, std::string output, std::string_view actor, Timestamp now) {
  StepRow wait = load_step(session_.db, step).value();
  complete_wait(wait, std::move(output), now);
  update_step(session_.db, wait);
  if (wait.sort == StepSort::tasks) session_.db.query("DELETE FROM reeve_await WHERE step = ?").bind(step).run();
  HotTask task = load_hot(session_.db, wait.task).value();
  if (task.status != Status::waiting) return false;
  resume(task, wait.name, ended_by(wait), actor, now);
  return true;
}

void Waits::resume(Task& task, std::string_view wait, std::string_view by, std::string_view actor, Timestamp now) {
  const Event event = store::resume(task, wait, by, actor, now);
  const std::int64_t place = Lines(session_).enter(task);
  const int block = Keys(session_.db).block_of(task, Hold::ready, place);
  {
    Query row = session_.db.query("UPDATE reeve_task SET status = 'queued', hold = ?, block = ?, fair = ?, run_at = ? WHERE id = ?");
    row.bind(static_cast<int>(Hold::ready), block, place, now, task.id).run();
  }
  session_.append(event);
  session_.counts.moved(task, Status::waiting);
}

}  // namespace reeve::store::sqlite
