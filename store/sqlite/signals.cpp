// The mailbox of a task, and the timers that put signals into it.
#include "store/event_data.hpp"
#include "store/sqlite/signal_row.hpp"
#include "store/sqlite/verbs.hpp"

namespace reeve::store::sqlite {

SignalSent SqliteSteps::send_signal(TaskId id, std::string_view type, std::string_view payload, std::string_view actor, Timestamp now) {
  session_.require_batch();
  const std::optional<HotTask> task = load_hot(session_.db, id);
  if (!task) return {SignalSent::Result::not_found, 0, false};
  if (is_terminal(task->status)) return {SignalSent::Result::terminal, 0, false};
  if (waits_.is_full(id) && !waits_.find_waiting_for(id, type)) return {SignalSent::Result::too_many, 0, false};
  Signal signal;
  signal.id = session_.next_signal();
  signal.type = type;
  signal.payload = payload;
  signal.actor = actor;
  Event event = outside_event(*task, "task.signal", actor, now);
  event.data = event_data::signal(signal.id, type);
  session_.append(event);
  const bool resumed = waits_.deliver(signal, *task, now);
  return {SignalSent::Result::sent, signal.id, resumed};
}

bool Waits::is_full(TaskId task) {
  Query query = session_.db.query(
      "SELECT count(*) FROM (SELECT 1 FROM reeve_signal INDEXED BY reeve_signal_unconsumed WHERE consumed_at IS NULL AND task = ? LIMIT ?)");
  query.bind(task, Steps::signals_max);
  return query.step() && query.row().integer() >= Steps::signals_max;
}

bool Waits::deliver(Signal& signal, const HotTask& task, Timestamp now) {
  signal.task = task.id;
  signal.sent_at = now;
  const std::optional<std::int64_t> wait = task.steps > 0 ? find_waiting_for(task.id, signal.type) : std::nullopt;
  if (wait) {
    signal.consumed_at = now;
    signal.consumed_by = task.epoch;
  }
  insert_signal(session_.db, signal);
  return wait && complete(*wait, signal_output(signal), signal.actor, now);
}

std::optional<std::int64_t> Waits::find_waiting_for(TaskId task, std::string_view signal_type) {
  Query query = session_.db.query(
      "SELECT id FROM reeve_step INDEXED BY reeve_step_pending WHERE pending = 1 AND task = ? AND status = 'waiting' AND sort = 'signal' "
      "AND (signal_type IS NULL OR signal_type = ?) ORDER BY id LIMIT 1");
  query.bind(task, signal_type);
  return query.step() ? std::optional<std::int64_t>{query.row().integer()} : std::nullopt;
}

std::optional<Signal> Waits::consume_oldest(TaskId task, std::string_view type, std::int64_t epoch, Timestamp now) {
  std::optional<Signal> signal;
  {
    Query query = session_.db.query("SELECT " REEVE_SIGNAL_COLUMNS
                                    " FROM reeve_signal g INDEXED BY reeve_signal_unconsumed WHERE g.consumed_at IS NULL AND g.task = ?1 "
                                    "AND (?2 IS NULL OR g.type = ?2) ORDER BY g.id LIMIT 1");
    query.bind(task, or_null(type));
    if (query.step()) signal = read_signal(query.row());
  }
  if (!signal) return signal;
  session_.db.query("UPDATE reeve_signal SET consumed_at = ?, consumed_by = ? WHERE id = ?").bind(now, epoch, signal->id).run();
  signal->consumed_at = now;
  signal->consumed_by = epoch;
  return signal;
}

SignalTaken SqliteSteps::take_signal(ClaimKey claim, std::string_view name, std::string_view type, Timestamp now) {
  const std::optional<HotTask> task = held(claim, now);
  if (!task) return {SignalTaken::Result::lost, {}};
  if (!name.empty()) {
    if (const auto known = load_step(session_.db, task->id, name)) return again(*known);
    if (step_refused(task->id, task->steps)) return {SignalTaken::Result::refused, {}};
  }
  std::optional<Signal> taken = waits_.consume_oldest(task->id, type, claim.epoch, now);
  if (!taken) return {SignalTaken::Result::none, {}};
  if (!name.empty()) {
    StepRow step{make_completed(task->id, name, StepSort::signal, signal_output(*taken), claim.epoch, now), 0, 0};
    insert_step(session_.db, step);
  }
  return {SignalTaken::Result::taken, std::move(*taken)};
}

// What was taken under this name before.
SignalTaken SqliteSteps::again(const StepRow& known) {
  if (name_refused(known, StepSort::signal) || known.status == StepStatus::waiting) return {SignalTaken::Result::refused, {}};
  const auto id = signal_of(known.output);
  if (!id) return {SignalTaken::Result::none, {}};
  Query query = session_.db.query("SELECT " REEVE_SIGNAL_COLUMNS " FROM reeve_signal g WHERE g.id = ?");
  query.bind(*id);
  if (!query.step()) return {SignalTaken::Result::none, {}};
  return {SignalTaken::Result::taken, read_signal(query.row())};
}

}  // namespace reeve::store::sqlite
