// A claim: what has become due is made ready, then it is decided task by task whose turn it is. See docs/decisions/003 and 017.
#include "store/event_data.hpp"
#include "store/sqlite/budget.hpp"
#include "store/sqlite/key_judge.hpp"
#include "store/sqlite/lanes.hpp"
#include "store/sqlite/task_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

ClaimAnswer SqliteTasks::claim(const ClaimRequest& request, Timestamp now) {
  session_.require_batch();
  ClaimAnswer answer;
  const bool more_rings = waits_.ring(now);
  const bool more_due = promote(now);
  const bool more_expired = static_cast<int>(cancel_expired(now, promotion_chunk).size()) == promotion_chunk;
  const bool more_to_tell = ends_.go_on(now).more;
  const bool more_resumed = pauses_.let_go(promotion_chunk);
  cut_rates(request, now);
  const bool more_tokens = key_rates_.wake(request, now);
  bool tired = false;
  std::optional<Timestamp> token;
  if (request.limit > 0) token = hand_out(request, now, answer.tasks, tired);
  answer.next_due = more_rings || more_due || more_expired || more_to_tell || more_resumed || more_tokens || tired ? now : next_due(now);
  if (const auto of_key = key_rates_.next(request)) token = token ? std::min(*token, std::max(*of_key, now)) : std::max(*of_key, now);
  answer.rate_limited = token.has_value();
  if (token && (!answer.next_due || *token < *answer.next_due)) answer.next_due = token;
  return answer;
}

// What was used up by another rate, or before the clock was set back, must not close a rate for longer than an empty bucket would.
void SqliteTasks::cut_rates(const ClaimRequest& request, Timestamp now) {
  session_.rate_book.claim_at(now);
  const auto cut = [&](RateRow::Of of, std::string_view word, const std::string& name, const std::optional<Rate>& rate) {
    if (!session_.rate_book.is_news(of, name, rate) || !rate) return;
    Query row = session_.db.query("UPDATE reeve_rate SET full_at = ?1 WHERE of = ?2 AND name = ?3 AND full_at > ?1");
    row.bind(Bucket::latest_full_at(*rate, now), word, name).run();
  };
  for (const KindRoom& kind : request.kinds) {
    cut(RateRow::Of::kind, "kind", kind.name, kind.rate);
    key_rates_.cut(kind, now);
  }
  for (const QueueRoom& queue : request.queues) cut(RateRow::Of::queue, "queue", queue.name, queue.rate);
}

// Gives the moment when a rate lets go the next one that it holds back.
std::optional<Timestamp> SqliteTasks::hand_out(const ClaimRequest& request, Timestamp now, std::vector<Task>& taken, bool& tired) {
  const Shares shares = session_.shares;
  for (int held_back = 0;; session_.shares = shares) {
    if (held_back > 0) (void)key_rates_.wake(request, now);
    KeyJudge judge(session_, keys_, pauses_, request, now, held_back);
    const std::optional<Choice> choice = choose(request, judge, now);
    if (!choice) {
      held_back = judge.held_back();
      continue;   // somebody stands where one was that is held back now
    }
    tired = judge.is_tired();
    taken.reserve(choice->heads.size());
    for (const Head& head : choice->heads) take(head, request, now, taken);
    judge.write_blocks();
    return choice->token;
  }
}

// Nullopt: what was met and is paused had others behind it that may start now; choose again.
std::optional<SqliteTasks::Choice> SqliteTasks::choose(const ClaimRequest& request, KeyJudge& judge, Timestamp now) {
  Budget budget(session_, request, now);
  std::vector<Lane> lanes = open_lanes(session_, budget, request.limit);
  Choice choice;
  std::vector<Head>& chosen = choice.heads;
  while (static_cast<int>(chosen.size()) < request.limit && !judge.is_tired()) {
    Lane* lane = next_turn(lanes, session_, judge, budget.by_weight(), now);
    if (!lane) break;
    lane->draw.take();
    judge.take(lane->head().keys, lane->kind());
    if (budget.by_weight()) session_.shares.started(lane->queue(), lane->draw.weight);
    chosen.push_back(lane->head());
    lane->advance();
  }
  choice.token = next_token(lanes, session_.db, now);
  if (judge.write_pauses() && !judge.is_tired()) return std::nullopt;
  budget.write();
  return choice;
}

bool SqliteTasks::promote(Timestamp now) {
  if (!lines_.none()) return promote_into_lines(now);
  Query promote = session_.db.query(
      "UPDATE reeve_task SET hold = 0 WHERE id IN (SELECT id FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1 AND run_at <= ? "
      "ORDER BY run_at LIMIT ?)");
  promote.bind(now, promotion_chunk);
  return promote.run_counting() == promotion_chunk;
}

// One by one, because each gets a place. One that waits for other tasks gets it when they have ended.
bool SqliteTasks::promote_into_lines(Timestamp now) {
  std::vector<Task> due;
  {
    Query query = session_.db.query(
        "SELECT id, queue, priority, fair_key, block & 4 FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1 AND run_at <= ? ORDER BY run_at, id LIMIT ?");
    query.bind(now, promotion_chunk);
    while (query.step()) {
      Row row = query.row();
      Task& task = due.emplace_back();
      task.id = row.id();
      task.queue = row.text();
      task.priority = row.small();
      task.fair_key = row.text();
      task.block = row.small();
    }
  }
  for (const Task& task : due) {
    const std::int64_t place = task.block == 0 ? lines_.enter(task) : 0;
    Query row = session_.db.query("UPDATE reeve_task SET hold = 0, fair = ? WHERE id = ?");
    row.bind(place, task.id).run();
  }
  return static_cast<int>(due.size()) == promotion_chunk;
}

bool SqliteTasks::take(const Head& head, const ClaimRequest& request, Timestamp now, std::vector<Task>& taken) {
  const TaskId id = head.id;
  std::optional<Task> task = load_whole(session_.db, id);
  if (!task || (task->expires_at && *task->expires_at <= now)) return false;
  const Attempt attempt = begin_attempt(*task, request, now);
  {
    Query row = session_.db.query(
        "UPDATE reeve_task SET status = 'claimed', hold = NULL, attempt = ?, epoch = ?, runner = ?, lease_expires_at = ?, claimed_at = ? "
        "WHERE id = ?");
    row.bind(task->attempt, task->epoch, task->runner, task->lease_expires_at, now, id).run();
  }
  {
    Query row = session_.db.query("INSERT INTO reeve_attempt (task, epoch, number, generation, runner, claimed_at) VALUES (?, ?, ?, ?, ?, ?)");
    row.bind(id, attempt.epoch, attempt.number, attempt.generation, attempt.runner, now).run();
  }
  lines_.started(*task, head.fair);
  Event event = event_about(*task, "task.claimed", "runner", now);
  event.data = event_data::claimed(*task);
  session_.append(event);
  session_.counts.moved(*task, Status::queued);
  taken.push_back(std::move(*task));
  return true;
}

std::optional<Timestamp> SqliteTasks::next_due(Timestamp now) {
  Query query = session_.db.query(
      "SELECT (SELECT min(run_at) FROM reeve_task INDEXED BY reeve_task_held WHERE hold = 1), "
      "(SELECT min(expires_at) FROM reeve_task INDEXED BY reeve_task_expires WHERE hold IS NOT NULL AND expires_at IS NOT NULL AND expires_at > ?), "
      "(SELECT min(at) FROM reeve_timer INDEXED BY reeve_timer_at WHERE fired_at IS NULL), "
      "(SELECT min(wake_at) FROM reeve_step INDEXED BY reeve_step_wake WHERE wake_at IS NOT NULL)");
  query.bind(now);
  std::optional<Timestamp> next;
  if (!query.step()) return next;
  Row row = query.row();
  for (int moments = 4; moments > 0; --moments) {
    const auto at = row.maybe_time();
    if (at && (!next || *at < *next)) next = at;
  }
  return next;
}

bool SqliteTasks::start(ClaimKey claim, std::int64_t pid, std::string_view executor, Timestamp now) {
  session_.require_batch();
  std::optional<Task> task = load_hot(session_.db, claim.task);
  if (!task || !holds(*task, claim)) return false;
  if (task->status == Status::running) return true;
  begin_run(*task, now);
  {
    Query row = session_.db.query("UPDATE reeve_task SET status = 'running', started_at = ? WHERE id = ?");
    row.bind(task->started_at, claim.task).run();
  }
  {
    Query row = session_.db.query("UPDATE reeve_attempt SET started_at = ?, pid = ?, executor = ? WHERE task = ? AND epoch = ?");
    row.bind(now, pid, executor, claim.task, claim.epoch).run();
  }
  Event event = event_about(*task, "task.started", "runner", now);
  event.data = event_data::started(*task, pid, executor);
  session_.append(event);
  session_.counts.moved(*task, Status::claimed);
  return true;
}

}  // namespace reeve::store::sqlite
