#include "store/sqlite/ends.hpp"

#include "store/event_data.hpp"
#include "store/sqlite/batch_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

void Ends::ended(const HotTask& task) {
  if (task.followed) {
    session_.tell_now |= !session_.releasing;
    session_.releasing = true;
    session_.db.query("INSERT INTO reeve_release (task, status) VALUES (?, ?)").bind(task.id, name(task.status)).run();
  }
  std::vector<BatchId>& ending = session_.ending;
  if (task.batch && (ending.empty() || ending.back() != *task.batch)) ending.push_back(*task.batch);
}

void Ends::reopened(TaskId task) {
  if (session_.releasing) session_.db.query("DELETE FROM reeve_release WHERE task = ?").bind(task).run();
}

Settled Ends::go_on(Timestamp now) {
  session_.tell_now = true;
  return settle(now);
}

Settled Ends::settle(Timestamp now) {
  Settled settled;
  int budget = promotion_chunk;
  for (;;) {
    if (!session_.ending.empty()) {
      const BatchId batch = session_.ending.back();
      session_.ending.pop_back();
      settled.let_go |= end_batch(batch, now);
    } else if (session_.tell_now && session_.releasing && budget > 0) {
      session_.releasing = tell_some(budget, settled.let_go, now);
    } else {
      break;
    }
  }
  session_.tell_now = false;
  settled.more = session_.releasing;
  settled.let_go |= settled.more;
  return settled;
}

bool Ends::tell_some(int& budget, bool& let_go, Timestamp now) {
  std::int64_t place = 0;
  TaskId ended{};
  Status how = Status::succeeded;
  {
    Query first = session_.db.query("SELECT seq, task, status FROM reeve_release ORDER BY seq LIMIT 1");
    if (!first.step()) return false;
    Row row = first.row();
    place = row.integer();
    ended = row.id();
    how = parse_status(row.view()).value_or(Status::cancelled);
  }
  const std::vector<Told> some = next_to_tell(ended, budget);
  if (static_cast<int>(some.size()) < budget) {
    session_.db.query("DELETE FROM reeve_release WHERE seq = ?").bind(place).run();
    session_.db.query("UPDATE reeve_task SET followed = 0 WHERE id = ?").bind(ended).run();
  }
  budget -= static_cast<int>(some.size());
  for (const Told& one : some) let_go |= tell(one, ended, how, now);
  return true;
}

std::vector<Ends::Told> Ends::next_to_tell(TaskId ended, int limit) {
  std::vector<Told> some;
  Query query = session_.db.query(
      "SELECT d.task, p.after_policy FROM reeve_dependency d INDEXED BY reeve_dependency_open JOIN reeve_payload p ON p.task = d.task "
      "WHERE d.ended IS NULL AND d.after = ? ORDER BY d.task LIMIT ?");
  query.bind(ended, limit);
  while (query.step()) {
    Row row = query.row();
    Told& one = some.emplace_back();
    one.task = row.id();
    one.policy = parse_after_policy(row.view()).value_or(AfterPolicy::success);
  }
  return some;
}

// True: it may start now.
bool Ends::tell(const Told& who, TaskId ended, Status how, Timestamp now) {
  session_.db.query("UPDATE reeve_dependency SET ended = ? WHERE task = ? AND after = ?").bind(name(how), who.task, ended).run();
  HotTask task = load_hot(session_.db, who.task).value();
  if (task.status != Status::queued) return false;   // it was cancelled meanwhile
  if (dooms(who.policy, how)) {
    tasks_.cancel_queued(task, dependency_failed_code, doomed_reason(ended, how), dependency_actor(ended), now);
    return false;
  }
  {
    Query others = session_.db.query("SELECT 1 FROM reeve_dependency INDEXED BY reeve_dependency_waits WHERE ended IS NULL AND task = ? LIMIT 1");
    if (others.bind(who.task).step()) return false;
  }
  let_go(task, now);
  return true;
}

// As a task that becomes due.
void Ends::let_go(Task& task, Timestamp now) {
  const Hold hold = hold_of(task, now);
  const std::int64_t place = hold == Hold::ready ? lines_.enter(task) : 0;
  const int block = keys_.block_of(task, hold, place);
  Query row = session_.db.query("UPDATE reeve_task SET hold = ?, block = ?, fair = ? WHERE id = ?");
  row.bind(static_cast<int>(hold), block, place, task.id).run();
}

bool Ends::end_batch(BatchId id, Timestamp now) {
  if (has_open_tasks(session_.db, id)) return false;
  if (batch_state(session_.db, id) != BatchState::closed) return false;
  KeptBatch kept = load_batch(session_.db, id).value();
  Batch& batch = kept.batch;
  batch.state = outcome_of(batch.counts);
  batch.finished_at = now;
  write_batch_end(session_.db, batch);
  std::vector<std::pair<std::string_view, std::string_view>> refused;
  for (Callback& callback : due_callbacks(kept.callbacks, id, batch.state)) {
    EnqueueRequest one;
    one.tasks.push_back(std::move(callback.task));
    const EnqueueAnswer answer = tasks_.admit(one, now);
    if (const auto* done = std::get_if<EnqueueDone>(&answer)) batch.callbacks.push_back(done->tasks.at(0).id);
    else refused.emplace_back(callback.name, name(std::get<EnqueueRefused>(answer).reason));
  }
  write_batch_callbacks(session_.db, batch);
  session_.append(batch_event("batch.finished", "runner", event_data::batch_finished(batch, refused), now));
  return !batch.callbacks.empty();
}

}  // namespace reeve::store::sqlite
