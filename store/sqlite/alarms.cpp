// What the clock brings: timers fire, sleeps end, waits are given up. The indexes hold only what is still to come.
#include "store/event_data.hpp"
#include "store/sqlite/waits.hpp"

namespace reeve::store::sqlite {

bool Waits::ring(Timestamp now) {
  const bool more_timers = fire_timers(now);
  return end_by_time(now) || more_timers;
}

bool Waits::fire_timers(Timestamp now) {
  std::vector<Timer> due;
  {
    Query query = session_.db.query(
        "SELECT task, name FROM reeve_timer INDEXED BY reeve_timer_at WHERE fired_at IS NULL AND at <= ? ORDER BY at, task, name LIMIT ?");
    query.bind(now, promotion_chunk);
    while (query.step()) {
      Row row = query.row();
      Timer& timer = due.emplace_back();
      timer.task = row.id();
      timer.name = row.text();
    }
  }
  for (const Timer& timer : due) {
    session_.db.query("UPDATE reeve_timer SET fired_at = ? WHERE task = ? AND name = ?").bind(now, timer.task, timer.name).run();
    const HotTask task = load_hot(session_.db, timer.task).value();
    Signal signal;
    signal.id = session_.next_signal();
    signal.type = timer_signal;
    signal.payload = timer_payload(timer.name);
    signal.actor = "timer";
    Event event = outside_event(task, "task.timer", "timer", now);
    event.data = event_data::timer(timer.name, signal.id);
    session_.append(event);
    deliver(signal, task, now);
  }
  return due.size() == promotion_chunk;
}

bool Waits::end_by_time(Timestamp now) {
  std::vector<std::pair<std::int64_t, StepSort>> over;
  {
    Query query = session_.db.query(
        "SELECT id, sort FROM reeve_step INDEXED BY reeve_step_wake WHERE wake_at IS NOT NULL AND wake_at <= ? ORDER BY wake_at, task, id LIMIT ?");
    query.bind(now, promotion_chunk);
    while (query.step()) {
      Row row = query.row();
      const std::int64_t id = row.integer();
      over.emplace_back(id, parse_step_sort(row.view()).value_or(StepSort::sleep));
    }
  }
  for (const auto& [id, sort] : over) complete(id, time_output(sort), "timer", now);
  return over.size() == promotion_chunk;
}

}  // namespace reeve::store::sqlite
